-- The features that the caller's subscriptions give now, as an array that is asked once a statement. While a period is unpaid they last for
-- the days of grace of the product, and no longer than that if Stripe's news should stop.
-- Definer: policies of other tables ask it, whatever the caller may read.
create function private.my_features()
    returns text[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select distinct feature
        from public.subscriptions subscription
        join public.subscription_products product on product.org_id = subscription.org_id and product.id = subscription.product_id
        cross join lateral unnest(product.features) feature
        where subscription.user_id = private.my_user_id()
            and private.is_entitling(subscription, product)
        order by feature
    );
end;
$$;

-- Whether a subscription gives its features now. A trial does if it is the first. Stripe begins the next period also while the one before is
-- unpaid, so the days of grace count from the first period that nobody has paid.
create function private.is_entitling(p_subscription public.subscriptions, p_product public.subscription_products)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_subscription.pause_behavior is distinct from 'keep_as_draft' and coalesce(
        case p_subscription.status
            when 'active' then private.clock() < p_subscription.current_period_end + make_interval(days => p_product.grace_days)
            when 'trialing' then
                private.clock() < p_subscription.current_period_end + make_interval(days => p_product.grace_days)
                and not private.is_second_trial(p_subscription)
            when 'past_due' then private.clock() < make_interval(days => p_product.grace_days) + least(
                p_subscription.current_period_start,
                (
                    select min(invoice.period_start)
                    from public.invoices invoice
                    where invoice.org_id = p_subscription.org_id
                        and invoice.subscription_id = p_subscription.id
                        and invoice.status in ('open', 'uncollectible')
                )
            )
        end,
        false
    );
$$;
