-- Applies a product of Stripe's catalogue from an event or fetch. It is sold if it is active and its metadata name features.
create function private.apply_product(p_product jsonb, p_occurred_at timestamptz, p_is_deleted boolean, p_is_fetched boolean)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    said constant jsonb := p_product -> 'metadata';
begin
    if not private.is_news(p_product, p_occurred_at, p_is_deleted::integer, p_is_fetched) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;
    insert into public.subscription_products (
        org_id, stripe_product_id, name, description, features, fee_bps, grace_days, cooling_off_days, is_sold
    )
    values (
        private.platform_id(), p_product ->> 'id', p_product ->> 'name', p_product ->> 'description',
        private.features_of(said ->> 'features'),
        (substring(said ->> 'fee_bps' from '^(\d{1,4}|10000)$'))::integer,
        coalesce((substring(said ->> 'grace_days' from '^([1-8]?\d|90)$'))::integer, 7),
        (substring(said ->> 'cooling_off_days' from '^([1-9]|[1-8]\d|90)$'))::integer,
        coalesce((p_product ->> 'active')::boolean, false) and not p_is_deleted and private.features_of(said ->> 'features') <> '{}'
    )
    on conflict (org_id, stripe_product_id) do update
        set name = excluded.name,
            description = excluded.description,
            features = excluded.features,
            fee_bps = excluded.fee_bps,
            grace_days = excluded.grace_days,
            cooling_off_days = excluded.cooling_off_days,
            is_sold = excluded.is_sold;
    perform private.set_plan_fee(affected.organization_id)
    from (
        select distinct subscription.organization_id
        from public.subscriptions subscription
        join public.subscription_products product on product.org_id = subscription.org_id and product.id = subscription.product_id
        where product.stripe_product_id = p_product ->> 'id'
            and subscription.organization_id is not null
        order by subscription.organization_id
    ) affected;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- The features that a product's metadata name, such as "reports, messages".
create function private.features_of(p_text text)
    returns text[]
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(array_agg(distinct lower(trim(feature)) order by lower(trim(feature))), '{}')
    from unnest(string_to_array(p_text, ',')) feature
    where trim(feature) <> '';
$$;

-- Applies a price from an event or fetch. Prices that are paid once are no plans.
create function private.apply_price(p_price jsonb, p_occurred_at timestamptz, p_is_deleted boolean, p_is_fetched boolean)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    plan public.subscription_plans;
begin
    if p_price ->> 'type' is distinct from 'recurring' then
        return row('ignored', 'not_recurring')::private.stripe_outcome;
    end if;
    if not private.is_news(p_price, p_occurred_at, p_is_deleted::integer, p_is_fetched) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;
    plan := private.ensure_plan(p_price);
    update public.subscription_plans
    set name = p_price ->> 'nickname',
        currency = p_price ->> 'currency',
        amount_cents = (p_price ->> 'unit_amount')::bigint,
        trial_days = coalesce((substring(p_price #>> '{metadata,trial_days}' from '^\d{1,3}$'))::integer, 0),
        is_active = coalesce((p_price ->> 'active')::boolean, false) and not p_is_deleted
    where org_id = plan.org_id
        and id = plan.id;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Returns the plan of a price, made if it is not known yet: nobody can choose it until Stripe's catalogue has told of it.
create function private.ensure_plan(p_price jsonb)
    returns public.subscription_plans
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    product constant public.subscription_products := private.ensure_product(private.expandable_id(p_price -> 'product'));
    plan public.subscription_plans;
begin
    insert into public.subscription_plans (org_id, product_id, stripe_price_id, currency, amount_cents, interval, interval_count)
    values (
        product.org_id, product.id, p_price ->> 'id', p_price ->> 'currency', (p_price ->> 'unit_amount')::bigint,
        p_price #>> '{recurring,interval}', (p_price #>> '{recurring,interval_count}')::integer
    )
    on conflict (org_id, stripe_price_id) do nothing;
    select * into strict plan
    from public.subscription_plans
    where org_id = product.org_id
        and stripe_price_id = p_price ->> 'id';
    return plan;
end;
$$;

-- Returns a product of Stripe's by its id, made if it is not known yet.
create function private.ensure_product(p_stripe_product_id text)
    returns public.subscription_products
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    product public.subscription_products;
begin
    insert into public.subscription_products (org_id, stripe_product_id)
    values (private.platform_id(), p_stripe_product_id)
    on conflict (org_id, stripe_product_id) do nothing;
    select * into strict product
    from public.subscription_products
    where org_id = private.platform_id()
        and stripe_product_id = p_stripe_product_id;
    return product;
end;
$$;
