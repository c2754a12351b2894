-- Opens an attempt to save a card, and returns what the webhook service needs to create its SetupIntent at Stripe. The eleventh within an
-- hour is refused: whoever tries stolen cards would try them so. The customer's row is locked, so that attempts made at once are counted.
-- Definer: the service has no access to the tables.
create function private.open_setup_intent(p_customer_id uuid)
    returns table (setup_intent_id uuid, stripe_customer_id text, idempotency_key text, metadata jsonb)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    max_an_hour constant integer := 10;
    customer public.stripe_customers;
    new_id uuid;
begin
    select * into strict customer from public.stripe_customers where id = p_customer_id for no key update;
    if (
        select count(*)
        from public.setup_intents setup
        where setup.org_id = customer.org_id
            and setup.customer_id = customer.id
            and setup.created_at > private.clock() - interval '1 hour'
    ) >= max_an_hour then
        perform private.refuse(
            'PT429', 'too_many_cards',
            format('Saving a card was tried %s times within an hour.', max_an_hour),
            'Wait an hour.'
        );
    end if;

    insert into public.setup_intents (org_id, customer_id, user_id)
    values (customer.org_id, customer.id, customer.user_id)
    returning id into new_id;
    return query
    select
        new_id, customer.stripe_customer_id, format('setup_intent:%s', new_id),
        jsonb_build_object('setup_intent_id', new_id, 'customer_id', customer.id);
end;
$$;

-- Records Stripe's response to creating a SetupIntent, dated at its creation.
-- Definer: the service has no access to the tables.
create function private.record_setup_intent(p_setup_intent_id uuid, p_setup_intent jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if private.uuid_or_null(p_setup_intent -> 'metadata' ->> 'setup_intent_id') is distinct from p_setup_intent_id then
        perform private.refuse(
            'PT422', 'wrong_setup_intent',
            'That SetupIntent belongs to another row.',
            'Record the SetupIntent that was created with this row''s metadata.'
        );
    end if;
    perform private.apply_setup_intent(p_setup_intent, to_timestamp((p_setup_intent ->> 'created')::bigint), false);
end;
$$;

-- Applies a SetupIntent from a Stripe event or response, also one that Stripe's own pages made for the customer. The first card that is
-- saved becomes the default.
create function private.apply_setup_intent(p_setup_intent jsonb, p_occurred_at timestamptz, p_is_fetched boolean)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.setup_status := p_setup_intent ->> 'status';
    new_failure_code constant text := coalesce(
        p_setup_intent #>> '{last_setup_error,decline_code}', p_setup_intent #>> '{last_setup_error,code}'
    );
    customer public.stripe_customers := private.find_customer(p_setup_intent);
    rank constant integer := 2 * array_position(enum_range(null::public.setup_status), new_status)
        + (new_failure_code is not null)::integer;
begin
    if customer.id is null then
        return row('ignored', 'not_ours')::private.stripe_outcome;
    end if;
    if customer.user_id is null or not private.is_news(p_setup_intent, p_occurred_at, rank, p_is_fetched) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    update public.setup_intents
    set stripe_setup_intent_id = p_setup_intent ->> 'id'
    where id = private.uuid_or_null(p_setup_intent -> 'metadata' ->> 'setup_intent_id')
        and customer_id = customer.id
        and stripe_setup_intent_id is null;
    insert into public.setup_intents (org_id, customer_id, user_id, stripe_setup_intent_id, status, failure_code)
    values (customer.org_id, customer.id, customer.user_id, p_setup_intent ->> 'id', new_status, new_failure_code)
    on conflict (org_id, stripe_setup_intent_id) do update
        set status = excluded.status,
            failure_code = excluded.failure_code;

    if new_status = 'succeeded'
        and customer.deleted_at is null
        and customer.default_stripe_payment_method_id is null
        and not private.has_default_on_the_way(customer)
    then
        perform private.send_default_payment_method(customer, private.expandable_id(p_setup_intent -> 'payment_method'), '{}');
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Whether a default was chosen for a customer that Stripe's events have not told of yet: the command waits, or has been carried out for a
-- card that is still there.
create function private.has_default_on_the_way(p_customer public.stripe_customers)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from private.outbox command
        where command.subject = format('customer:%s', p_customer.id)
            and command.topic = 'set_default_payment_method'
            and command.dead_at is null
            and (
                command.processed_at is null
                or exists (
                    select
                    from public.payment_methods method
                    where method.org_id = p_customer.org_id
                        and method.stripe_payment_method_id = command.payload ->> 'payment_method'
                )
            )
    );
end;
$$;

-- Removes attempts to save a card that are older than 90 days, and returns how many. Maintenance calls it.
create function private.remove_old_setup_intents()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    removed integer;
begin
    delete from public.setup_intents
    where org_id = private.platform_id()
        and created_at < private.clock() - interval '90 days';
    get diagnostics removed = row_count;
    return removed;
end;
$$;
