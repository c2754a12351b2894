create policy select_own_or_finance on public.seller_details
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_earner_ids())::uuid[])
        or (instructor_id is null and org_id = any ((select private.my_school_ids())::uuid[]))
        or (select private.may_read_all_sellers())
    );

create policy select_recipient_or_finance on public.fee_invoices
    for select
    to authenticated
    using (
        payer_id = (select private.my_user_id())
        or (
            bearer = 'payee'
            and (
                payee_id = any ((select private.my_earner_ids())::uuid[])
                or payee_id = any ((select private.my_school_ids())::uuid[])
            )
        )
        or (select private.may_read_all_sellers())
    );

create policy select_finance on public.platform_registrations
    for select
    to authenticated
    using ((select private.may_read_all_sellers()));

grant select on public.platform_registrations to authenticated, service_role;
grant select on public.seller_details to authenticated, service_role;
grant select on public.fee_invoices to authenticated, service_role;
-- NOTE: no role may write these tables: admin_set_registration sets registrations, save_seller_details saves sellers, and maintenance issues
-- invoices.

grant execute on function private.may_read_all_sellers to authenticated;

grant execute on function private.save_seller_details to authenticated;
grant execute on function public.save_seller_details to authenticated;
grant execute on function private.my_platform_report to authenticated;
grant execute on function public.my_platform_report to authenticated;
grant execute on function private.list_fee_invoices to authenticated;
grant execute on function public.list_fee_invoices to authenticated;
grant execute on function private.admin_set_registration to authenticated;
grant execute on function public.admin_set_registration to authenticated;

grant execute on function private.fee_invoice_for to webhook_service;
grant execute on function private.platform_report to jobs;
grant execute on function private.platform_message to jobs;
