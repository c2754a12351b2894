-- Sets the platform's fee of an organization to that of the plan it has subscribed to, the lowest of several, from its next price on. Without
-- a live subscription it has its own fee again. What was booked before keeps its price.
create function private.set_plan_fee(p_organization_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_fee_bps constant integer := (
        select min(product.fee_bps)
        from public.subscriptions subscription
        join public.subscription_products product on product.org_id = subscription.org_id and product.id = subscription.product_id
        where subscription.organization_id = p_organization_id
            and subscription.status in ('trialing', 'active', 'past_due')
    );
begin
    update public.organizations
    set plan_fee_bps = new_fee_bps
    where id = p_organization_id
        and plan_fee_bps is distinct from new_fee_bps;
end;
$$;
