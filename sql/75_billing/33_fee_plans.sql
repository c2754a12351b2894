-- Sets the platform's fee of an organization to that of the plan it has subscribed to, the lowest of several, from its next price on. While
-- no subscription gives what its plan promises (unpaid beyond the days of grace, paused, ended) it has its own fee again. What was booked
-- before keeps its price. The organization is locked first, so that of two subscriptions that change at once neither is overlooked.
create function private.set_plan_fee(p_organization_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_fee_bps integer;
begin
    perform from public.organizations where id = p_organization_id for no key update;
    new_fee_bps := private.plan_fee_bps(p_organization_id);
    update public.organizations
    set plan_fee_bps = new_fee_bps
    where id = p_organization_id
        and plan_fee_bps is distinct from new_fee_bps;
end;
$$;

-- The fee that the subscriptions of an organization give it now; null without any.
create function private.plan_fee_bps(p_organization_id uuid)
    returns integer
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select min(product.fee_bps)
        from public.subscriptions subscription
        join public.subscription_products product on product.org_id = subscription.org_id and product.id = subscription.product_id
        where subscription.organization_id = p_organization_id
            and private.is_entitling(subscription, product)
    );
end;
$$;

-- Sets the fee of an organization whose days of grace have ended, of which Stripe does not tell, and returns whether it changed, as 1 or 0.
-- Called by maintain_organization (95).
create function private.set_lapsed_plan_fee(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not exists (
        select
        from public.organizations organization
        where organization.id = p_org_id
            and organization.plan_fee_bps is not null
            and organization.plan_fee_bps is distinct from private.plan_fee_bps(p_org_id)
    ) then
        return 0;
    end if;
    perform private.set_plan_fee(p_org_id);
    return 1;
end;
$$;
