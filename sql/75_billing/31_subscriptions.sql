-- Says what the webhook service needs to have a person subscribe to a plan on Stripe's page. A trial is given once for a product: to a
-- person, and to an organization. An organization whose fee the plan sets is named by its owner or admin.
-- Definer: the service has no access to the tables.
create function private.open_subscription(p_user_id uuid, p_customer_id uuid, p_plan_id uuid, p_organization_id uuid)
    returns table (stripe_price_id text, trial_days integer, metadata jsonb)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    plan public.subscription_plans;
begin
    select offered.* into plan
    from public.subscription_plans offered
    join public.subscription_products product on product.org_id = offered.org_id and product.id = offered.product_id
    where offered.id = p_plan_id
        and offered.is_active
        and product.is_sold;
    if not found then
        perform private.refuse('PT404', 'plan_not_found', 'There is no such plan.', 'Read subscription_plans.');
    end if;
    if p_organization_id is not null then
        perform private.require_payee(p_user_id, null, p_organization_id);
    end if;
    perform private.assert_may_subscribe(p_user_id, p_organization_id, plan.product_id);
    perform private.count_checkout_session(p_customer_id);

    return query
    select
        plan.stripe_price_id,
        case when private.has_subscribed_before(p_user_id, p_organization_id, plan.product_id, 'infinity', '')
            then 0
            else plan.trial_days
        end,
        jsonb_strip_nulls(jsonb_build_object('customer_id', p_customer_id, 'organization_id', p_organization_id));
end;
$$;

-- Whether the person has subscribed to the product, or somebody for the organization, before a time and a subscription of that second.
create function private.has_subscribed_before(
    p_user_id uuid, p_organization_id uuid, p_product_id uuid, p_before timestamptz, p_before_id text
)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.subscriptions earlier
        where (earlier.user_id = p_user_id or earlier.organization_id = p_organization_id)
            and earlier.product_id = p_product_id
            and (earlier.started_at, earlier.stripe_subscription_id) < (p_before, p_before_id)
            and earlier.status not in ('incomplete', 'incomplete_expired')
    );
$$;

-- Whether a trial is not the first of its person, or organization, of the product. Stripe grants one to who has kept a page from before it.
create function private.is_second_trial(p_subscription public.subscriptions)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_subscription.status = 'trialing' and private.has_subscribed_before(
        p_subscription.user_id, p_subscription.organization_id, p_subscription.product_id,
        p_subscription.started_at, p_subscription.stripe_subscription_id
    );
$$;

-- Refuses who has subscribed to the product already, and an organization that has what it gives from somebody.
create function private.assert_may_subscribe(p_user_id uuid, p_organization_id uuid, p_product_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select
        from public.subscriptions live
        join public.subscription_products product on product.org_id = live.org_id and product.id = live.product_id
        where live.product_id = p_product_id
            and live.is_live
            and (
                live.user_id = p_user_id
                or (live.organization_id = p_organization_id and private.is_entitling(live, product))
            )
    ) then
        perform private.refuse(
            'PT409', 'already_subscribed',
            'You, or somebody for your organization, have subscribed to this already.',
            'Who has changes the plan, or pays what is open, with POST /billing-portal-sessions.'
        );
    end if;
end;
$$;

-- Counts a page to subscribe on; the eleventh within an hour is refused. The customer's row is locked, so that pages asked for at once are
-- counted.
create function private.count_checkout_session(p_customer_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    max_an_hour constant integer := 10;
    customer public.stripe_customers;
begin
    select * into strict customer from public.stripe_customers where id = p_customer_id for no key update;
    delete from private.checkout_sessions
    where org_id = customer.org_id
        and customer_id = customer.id
        and opened_at <= private.clock() - interval '1 hour';
    if (
        select count(*)
        from private.checkout_sessions opened
        where opened.org_id = customer.org_id
            and opened.customer_id = customer.id
    ) >= max_an_hour then
        perform private.refuse(
            'PT429', 'too_many_checkouts',
            format('%s pages to subscribe on were opened within an hour.', max_an_hour),
            'Go on with the latest one, or wait an hour.'
        );
    end if;
    insert into private.checkout_sessions (org_id, customer_id) values (customer.org_id, customer.id);
end;
$$;

-- Applies a subscription from a Stripe event or fetch. Its period is that of its items, since Stripe has none on the whole.
create function private.apply_subscription(p_subscription jsonb, p_occurred_at timestamptz, p_is_fetched boolean)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.subscription_status := private.subscription_status_of(p_subscription);
    customer public.stripe_customers := private.find_customer(p_subscription);
    subscription public.subscriptions;
begin
    if customer.id is null then
        return row('ignored', 'not_ours')::private.stripe_outcome;
    end if;
    if not private.is_news(
        p_subscription, p_occurred_at, array_position(enum_range(null::public.subscription_status), new_status), p_is_fetched
    ) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    subscription := private.write_subscription(customer, private.read_subscription(p_subscription, new_status));
    perform private.settle_current_subscription(subscription);
    perform private.tell_of_second_trial(subscription);
    perform private.set_plan_fee(subscription.organization_id);
    update public.invoices
    set subscription_id = subscription.id
    where org_id = subscription.org_id
        and stripe_subscription_id = subscription.stripe_subscription_id
        and subscription_id is null;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Stripe's status of a subscription, or unknown if it is one that was not known when this was written.
create function private.subscription_status_of(p_subscription jsonb)
    returns public.subscription_status
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when pg_input_is_valid(p_subscription ->> 'status', 'public.subscription_status')
            then (p_subscription ->> 'status')::public.subscription_status
        else 'unknown'
    end;
$$;

-- What a row of subscriptions says of a subscription of Stripe's, without who it belongs to. The plan is that of its first item.
create function private.read_subscription(p_subscription jsonb, p_status public.subscription_status)
    returns public.subscriptions
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    items constant jsonb := p_subscription #> '{items,data}';
    first_price constant jsonb := items #> '{0,price}';
    plan constant public.subscription_plans := private.ensure_plan(first_price);
    said public.subscriptions;
begin
    said.org_id := plan.org_id;
    said.product_id := plan.product_id;
    said.plan_id := plan.id;
    said.organization_id := (
        select organization.id
        from public.organizations organization
        where organization.id = private.uuid_or_null(p_subscription #>> '{metadata,organization_id}')
    );
    said.stripe_subscription_id := p_subscription ->> 'id';
    said.stripe_price_id := plan.stripe_price_id;
    said.status := p_status;
    said.currency := p_subscription ->> 'currency';
    said.interval := first_price #>> '{recurring,interval}';
    said.interval_count := (first_price #>> '{recurring,interval_count}')::integer;
    select
        sum((item #>> '{price,unit_amount}')::bigint * coalesce((item ->> 'quantity')::bigint, 1)),
        sum(coalesce((item ->> 'quantity')::integer, 1)),
        to_timestamp(min((item ->> 'current_period_start')::bigint)),
        to_timestamp(max((item ->> 'current_period_end')::bigint))
    into said.amount_cents, said.quantity, said.current_period_start, said.current_period_end
    from jsonb_array_elements(items) item;
    said.cancel_at_period_end := coalesce((p_subscription ->> 'cancel_at_period_end')::boolean, false);
    said.cancel_at := to_timestamp((p_subscription ->> 'cancel_at')::bigint);
    said.cancelled_at := to_timestamp((p_subscription ->> 'canceled_at')::bigint);
    said.ended_at := to_timestamp((p_subscription ->> 'ended_at')::bigint);
    said.trial_start := to_timestamp((p_subscription ->> 'trial_start')::bigint);
    said.trial_end := to_timestamp((p_subscription ->> 'trial_end')::bigint);
    said.pause_behavior := p_subscription #>> '{pause_collection,behavior}';
    said.resumes_at := to_timestamp((p_subscription #>> '{pause_collection,resumes_at}')::bigint);
    said.billing_mode := p_subscription #>> '{billing_mode,type}';
    said.started_at := to_timestamp(coalesce(p_subscription ->> 'start_date', p_subscription ->> 'created')::bigint);
    said.cooling_off_ends_at := private.cooling_off_ends_at(said, product.cooling_off_days)
    from public.subscription_products product
    where product.org_id = plan.org_id
        and product.id = plan.product_id;
    return said;
end;
$$;

-- Writes what Stripe says of a customer's subscription into its row, and returns it.
create function private.write_subscription(p_customer public.stripe_customers, p_said public.subscriptions)
    returns public.subscriptions
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    written public.subscriptions;
begin
    insert into public.subscriptions (
        org_id, customer_id, user_id, product_id, plan_id, organization_id, stripe_subscription_id, stripe_price_id, status, amount_cents,
        currency, interval, interval_count, quantity, current_period_start, current_period_end, cancel_at_period_end, cancel_at,
        cancelled_at, ended_at, trial_start, trial_end, pause_behavior, resumes_at, billing_mode, started_at, cooling_off_ends_at
    )
    values (
        p_said.org_id, p_customer.id, p_customer.user_id, p_said.product_id, p_said.plan_id, p_said.organization_id,
        p_said.stripe_subscription_id, p_said.stripe_price_id, p_said.status, p_said.amount_cents, p_said.currency, p_said.interval,
        p_said.interval_count, p_said.quantity, p_said.current_period_start, p_said.current_period_end, p_said.cancel_at_period_end,
        p_said.cancel_at, p_said.cancelled_at, p_said.ended_at, p_said.trial_start, p_said.trial_end, p_said.pause_behavior,
        p_said.resumes_at, p_said.billing_mode, p_said.started_at, p_said.cooling_off_ends_at
    )
    on conflict (org_id, stripe_subscription_id) do update
        set product_id = excluded.product_id,
            plan_id = excluded.plan_id,
            organization_id = excluded.organization_id,
            stripe_price_id = excluded.stripe_price_id,
            status = excluded.status,
            is_current = false,
            amount_cents = excluded.amount_cents,
            currency = excluded.currency,
            interval = excluded.interval,
            interval_count = excluded.interval_count,
            quantity = excluded.quantity,
            current_period_start = excluded.current_period_start,
            current_period_end = excluded.current_period_end,
            cancel_at_period_end = excluded.cancel_at_period_end,
            cancel_at = excluded.cancel_at,
            cancelled_at = excluded.cancelled_at,
            ended_at = excluded.ended_at,
            trial_start = excluded.trial_start,
            trial_end = excluded.trial_end,
            pause_behavior = excluded.pause_behavior,
            resumes_at = excluded.resumes_at,
            billing_mode = excluded.billing_mode,
            started_at = excluded.started_at,
            cooling_off_ends_at = excluded.cooling_off_ends_at
    returning * into written;
    return written;
end;
$$;

-- Says anew which of a customer's live subscriptions to each product is the current one: the first. A second one is a mistake, of two
-- browsers or of somebody in the Dashboard, that Stripe does not prevent: the platform's admins are told, who end and refund one.
create function private.settle_current_subscription(p_subscription public.subscriptions)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    first_ids constant uuid[] := array(
        select distinct on (live.product_id) live.id
        from public.subscriptions live
        where live.org_id = p_subscription.org_id
            and live.customer_id = p_subscription.customer_id
            and live.is_live
        order by live.product_id, live.started_at, live.stripe_subscription_id
    );
begin
    update public.subscriptions
    set is_current = false
    where org_id = p_subscription.org_id
        and customer_id = p_subscription.customer_id
        and is_current
        and not id = any (first_ids);
    update public.subscriptions
    set is_current = true
    where org_id = p_subscription.org_id
        and id = any (first_ids)
        and not is_current;
    perform private.raise_alert(
        live.org_id, null, 'subscribed_twice', 'Somebody pays for two subscriptions to one product. End one in Stripe''s Dashboard.',
        'subscriptions', live.id, format('subscription:%s:twice', live.id)
    )
    from public.subscriptions live
    where live.org_id = p_subscription.org_id
        and live.customer_id = p_subscription.customer_id
        and live.is_live
        and not live.is_current;
end;
$$;

-- Tells the platform's admins of a second trial, which gives nothing until it ends and is paid (is_entitling).
create function private.tell_of_second_trial(p_subscription public.subscriptions)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if private.is_second_trial(p_subscription) then
        perform private.raise_alert(
            p_subscription.org_id, null, 'second_trial',
            'Somebody has a second trial of one product, which gives nothing. End the trial, or the subscription, in Stripe''s Dashboard.',
            'subscriptions', p_subscription.id, format('subscription:%s:trial', p_subscription.id)
        );
    end if;
end;
$$;
