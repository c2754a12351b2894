grant execute on function private.preview_cancellation to authenticated;
grant execute on function public.preview_cancellation to authenticated;
grant execute on function private.cancel_booking to authenticated;
grant execute on function public.cancel_booking to authenticated;
grant execute on function private.mark_no_show to authenticated;
grant execute on function public.mark_no_show to authenticated;
grant execute on function private.accept_claim to authenticated;
grant execute on function public.accept_claim to authenticated;
grant execute on function private.contest_claim to authenticated;
grant execute on function public.contest_claim to authenticated;
grant execute on function private.withdraw_claim to authenticated;
grant execute on function public.withdraw_claim to authenticated;
grant execute on function private.decide_claim to authenticated;
grant execute on function public.decide_claim to authenticated;
grant execute on function private.reschedule_booking to authenticated;
grant execute on function public.reschedule_booking to authenticated;
grant execute on function private.request_refund to authenticated;
grant execute on function public.request_refund to authenticated;
grant execute on function private.decide_refund to authenticated;
grant execute on function public.decide_refund to authenticated;
grant execute on function private.admin_refund to authenticated;
grant execute on function public.admin_refund to authenticated;
grant execute on function private.admin_record_refund to authenticated;
grant execute on function public.admin_record_refund to authenticated;
grant execute on function private.refund_credits to authenticated;
grant execute on function public.refund_credits to authenticated;
grant execute on function private.transfer_hours to authenticated;
grant execute on function public.transfer_credit to authenticated;
grant execute on function private.offboard_instructor to authenticated;
grant execute on function public.offboard_instructor to authenticated;
grant execute on function private.preview_series_cancellation to authenticated;
grant execute on function public.preview_series_cancellation to authenticated;
grant execute on function private.cancel_series to authenticated;
grant execute on function public.cancel_series to authenticated;
grant execute on function private.cancel_day to authenticated;
grant execute on function public.cancel_day to authenticated;
grant execute on function private.list_reschedule_times to authenticated;
grant execute on function public.list_reschedule_times to authenticated;
grant execute on function private.reassign_booking to authenticated;
grant execute on function public.reassign_booking to authenticated;

create policy select_party on public.order_withdrawals
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.order_withdrawals to authenticated, service_role;
-- NOTE: no write is granted: a withdrawal is recorded only by withdraw_from_order.

grant execute on function private.withdraw_from_order to authenticated;
grant execute on function public.withdraw_from_order to authenticated;
