create policy select_admin on public.payout_runs
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

create policy select_own_or_admin on public.payouts
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_earner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_own_or_admin on public.payout_items
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_earner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_own_or_admin on public.payout_run_results
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_earner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_own_or_admin on public.bank_payouts
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_earner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.bank_payouts to authenticated, service_role;
grant select on public.payout_runs to authenticated, service_role;
grant select on public.payouts to authenticated, service_role;
grant select on public.payout_items to authenticated, service_role;
grant select on public.payout_run_results to authenticated, service_role;
-- NOTE: no write is granted to anybody; money moves only through functions.

grant execute on function private.due_payout_runs to jobs;
grant execute on function private.preview_payout_run to jobs;
grant execute on function private.open_payout_run to jobs;
grant execute on function private.transfers_known_until to jobs;
grant execute on function private.find_unbooked_transfers to jobs;
grant execute on function private.book_transfer to jobs;
grant execute on function private.claim_payout to jobs;
grant execute on function private.record_transfer to jobs;
grant execute on function private.record_transfer_failure to jobs;
grant execute on function private.record_reversal_failure to jobs;
grant execute on function private.payout_run_progress to jobs;
grant execute on function private.close_payout_run to jobs;
grant execute on function private.decide_payout_run to jobs;
grant execute on function private.payout_statement to authenticated;
grant execute on function public.payout_statement to authenticated;
grant execute on function private.set_payout_settings to authenticated;
grant execute on function public.set_payout_settings to authenticated;
grant execute on function private.retire_connect_account to authenticated;
grant execute on function public.retire_connect_account to authenticated;
grant execute on function private.admin_hold_payout to authenticated;
grant execute on function public.admin_hold_payout to authenticated;
grant execute on function private.admin_release_payout to authenticated;
grant execute on function public.admin_release_payout to authenticated;
grant execute on function private.admin_cancel_payout to authenticated;
grant execute on function public.admin_cancel_payout to authenticated;
grant execute on function private.admin_adopt_transfer to authenticated;
grant execute on function public.admin_adopt_transfer to authenticated;
grant execute on function private.admin_hold_instructor to authenticated;
grant execute on function public.admin_hold_instructor to authenticated;
grant execute on function private.payout_statement_document to jobs;
grant execute on function private.statement_for to webhook_service;
grant execute on function private.my_next_payout to authenticated;
grant execute on function public.my_next_payout to authenticated;

grant execute on function private.list_payouts to authenticated;
grant execute on function public.list_payouts to authenticated;
grant execute on function private.year_statement to authenticated;
grant execute on function public.year_statement to authenticated;
