create policy select_own on public.stripe_customers
    for select
    to authenticated
    using (user_id = (select private.my_user_id()));

create policy select_own on public.payment_methods
    for select
    to authenticated
    using (user_id = (select private.my_user_id()));

create policy select_own on public.setup_intents
    for select
    to authenticated
    using (user_id = (select private.my_user_id()));

create policy select_own on public.subscriptions
    for select
    to authenticated
    using (user_id = (select private.my_user_id()));

create policy select_own on public.invoices
    for select
    to authenticated
    using (user_id = (select private.my_user_id()));

create policy select_own on public.invoice_payments
    for select
    to authenticated
    using (user_id = (select private.my_user_id()));

create policy select_sold on public.subscription_products
    for select
    to anon, authenticated
    using (is_sold);

create policy select_active on public.subscription_plans
    for select
    to anon, authenticated
    using (
        is_active
        and product_id = any (
            array(
                select product.id
                from public.subscription_products product
                where product.is_sold
            )
        )
    );

create policy select_org_admin on public.instructor_fee_plans
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

grant select on public.stripe_customers to authenticated, service_role;
grant select on public.payment_methods to authenticated, service_role;
grant select on public.setup_intents to authenticated, service_role;
grant select on public.subscription_products to anon, authenticated, service_role;
grant select on public.subscription_plans to anon, authenticated, service_role;
grant select on public.subscriptions to authenticated, service_role;
grant select on public.invoices to authenticated, service_role;
grant select on public.invoice_payments to authenticated, service_role;
grant select on public.transactions to authenticated, service_role;
grant select on public.instructor_fee_plans to authenticated, service_role;
-- NOTE: no role may write these tables; most mirror what Stripe says.

grant execute on function private.admin_set_instructor_fee to authenticated;
grant execute on function public.admin_set_instructor_fee to authenticated;

grant execute on function private.set_default_payment_method to authenticated;
grant execute on function public.set_default_payment_method to authenticated;
grant execute on function private.remove_payment_method to authenticated;
grant execute on function public.remove_payment_method to authenticated;

grant execute on function private.request_series_paid_later to authenticated;
grant execute on function public.request_series_paid_later to authenticated;

grant execute on function private.withdraw_from_subscription to authenticated;
grant execute on function public.withdraw_from_subscription to authenticated;

grant execute on function private.my_features to authenticated;
grant execute on function public.has_entitlement to authenticated;

grant execute on function private.open_customer to webhook_service;
grant execute on function private.record_customer to webhook_service;
grant execute on function private.open_setup_intent to webhook_service;
grant execute on function private.record_setup_intent to webhook_service;
grant execute on function private.open_saved_card to webhook_service;
grant execute on function private.next_payment_step to webhook_service;
grant execute on function private.open_subscription to webhook_service;
grant execute on function private.open_portal to webhook_service;
grant execute on function private.open_collection to jobs;
grant execute on function private.record_collection to jobs;
grant execute on function private.record_billing_object to jobs;
grant execute on function private.record_invoice_fee to jobs;
