-- Stores a verified webhook, applies it and marks it with the outcome, in one transaction. A second delivery of the same event
-- waits for the first, even if they arrive together, and changes nothing; if the event was parked it is tried again, also one that
-- came to the wrong endpoint first and comes to the right one now.
-- Definer: the service has no access to the tables.
create function private.receive_stripe_event(
    p_endpoint text,
    p_event_id text,
    p_type text,
    p_account text,
    p_livemode boolean,
    p_api_version text,
    p_created_at timestamptz,
    p_raw bytea,
    p_payload text,
    p_expected_livemode boolean,
    p_expected_api_version text
)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_generic_plan
as $$
declare
    event private.webhook_events;
begin
    insert into private.webhook_events (org_id, event_id, endpoint, type, account, livemode, api_version, occurred_at)
    values (
        private.organization_of_event(p_payload, p_account),
        p_event_id, p_endpoint, p_type, p_account, p_livemode, p_api_version, p_created_at
    )
    on conflict (provider, event_id) do nothing
    returning * into event;

    if found then
        insert into private.webhook_event_bodies (org_id, event_id, received_at, raw)
        values (event.org_id, event.id, event.received_at, p_raw);
    else
        update private.webhook_events
        set endpoint = p_endpoint
        where provider = 'stripe'
            and event_id = p_event_id
            and status = 'parked'
            and (
                endpoint = p_endpoint
                or (note = 'wrong_endpoint' and account is not distinct from p_account)
            )
        returning * into event;
        if not found then
            return 'duplicate';
        end if;
    end if;

    return private.process_stripe_event(event, p_payload, p_expected_livemode, p_expected_api_version);
end;
$$;

comment on function private.receive_stripe_event is
    'Returns processed, ignored, parked or duplicate. p_raw is the body as bytes, p_payload the same body as text.';

-- The organization that an event is about: that of its object or of what that belongs to, by the registry, or, while Stripe's ids are not
-- known, that of the row that our metadata name, or that of its connected account; the platform, if it names none that is known,
-- or if its body is so deeply nested that Postgres refuses to parse it.
create function private.organization_of_event(p_payload text, p_account text)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    object jsonb;
begin
    if pg_input_is_valid(p_payload, 'jsonb') then
        object := p_payload::jsonb #> '{data,object}';
    end if;
    return coalesce(
        private.organization_of_stripe_ids(
            object ->> 'id', private.expandable_id(object -> 'payment_intent'), private.expandable_id(object -> 'charge')
        ),
        private.organization_of_metadata(object -> 'metadata'),
        private.organization_of_stripe_ids(p_account),
        private.platform_id()
    );
exception
    when statement_too_complex then
        return private.platform_id();
end;
$$;

-- The organization of the row that our metadata of an object name; null if they name none.
create function private.organization_of_metadata(p_metadata jsonb)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(
        (select payment.org_id from public.payments payment where payment.id = private.uuid_or_null(p_metadata ->> 'payment_id')),
        (select refund.org_id from public.refunds refund where refund.id = private.uuid_or_null(p_metadata ->> 'refund_id')),
        (select payout.org_id from public.payouts payout where payout.id = private.uuid_or_null(p_metadata ->> 'payout_id')),
        (
            select account.org_id
            from public.stripe_connect_accounts account
            where account.id = private.uuid_or_null(p_metadata ->> 'connect_account_id')
        )
    );
end;
$$;

-- Applies a stored event and marks it with the outcome, which it returns. The caller has locked the event's row.
create function private.process_stripe_event(
    p_event private.webhook_events,
    p_payload text,
    p_expected_livemode boolean,
    p_expected_api_version text
)
    returns text
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
    set plan_cache_mode = force_generic_plan
as $$
declare
    outcome private.stripe_outcome := private.apply_or_park_event(p_event, p_payload, p_expected_livemode, p_expected_api_version);
begin
    update private.webhook_events
    set status = outcome.status::private.event_status,
        note = outcome.note,
        attempts = attempts + 1,
        processed_at = private.clock()
    where org_id = p_event.org_id
        and id = p_event.id;
    return outcome.status;
end;
$$;

-- Applies an event and returns the outcome. An event of the other mode (live or test) is ignored. One of an incompatible API version
-- is parked, since its fields may mean something else, and so is one that breaks a rule: Stripe would only send it again. Errors that
-- pass by themselves (connection, serialization, resources, operator intervention) are raised, so that Stripe retries.
-- The note of a parked event is a code: a word of ours, or the SQLSTATE and the broken constraint. What the database says in words
-- may quote the event, so it is not kept.
create function private.apply_or_park_event(
    p_event private.webhook_events,
    p_payload text,
    p_expected_livemode boolean,
    p_expected_api_version text
)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    broken_rule text;
    detail text;
begin
    if p_event.livemode is distinct from p_expected_livemode then
        return row('ignored', 'livemode_differs')::private.stripe_outcome;
    end if;
    if p_event.endpoint <> 'thin' and not private.is_api_compatible(p_event.api_version, p_expected_api_version) then
        return row('parked', 'api_version_differs')::private.stripe_outcome;
    end if;
    if not pg_input_is_valid(p_payload, 'jsonb') then
        return row('parked', 'body_is_no_jsonb')::private.stripe_outcome;
    end if;
    return private.apply_stripe_event(p_event, p_payload::jsonb #> '{data,object}');
exception
    when others then
        if sqlstate ~ '^(08|40|53|55|57|58)' then
            raise;
        end if;
        get stacked diagnostics broken_rule = constraint_name, detail = pg_exception_detail;
        if sqlstate like 'PT%' and pg_input_is_valid(detail, 'jsonb') then
            return row('parked', detail::jsonb ->> 'code')::private.stripe_outcome;
        end if;
        return row('parked', concat_ws(' ', sqlstate, nullif(broken_rule, '')))::private.stripe_outcome;
end;
$$;

-- Whether an event of this API version can be applied: of the expected one, or of a later monthly release of the same name, which adds
-- to it and changes nothing (2026-11-25.endive after 2026-10-28.endive).
create function private.is_api_compatible(p_version text, p_expected text)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        p_version = p_expected
        or (
            p_version ~ '^\d{4}-\d\d-\d\d\.\w+$'
            and p_expected ~ '^\d{4}-\d\d-\d\d\.\w+$'
            and split_part(p_version, '.', 2) = split_part(p_expected, '.', 2)
            and p_version collate "C" > p_expected collate "C"
        ),
        false
    );
$$;

-- Hands an event's object to the function that applies its type, in the room concerned. All other types are ignored. A thin event has no
-- object: what it is about is fetched.
create function private.apply_stripe_event(p_event private.webhook_events, p_object jsonb)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_event.endpoint <> 'thin' and (p_event.endpoint = 'connect') <> (p_event.account is not null) then
        return row('parked', 'wrong_endpoint')::private.stripe_outcome;
    end if;

    return case
        when p_event.endpoint = 'thin' then case
            when p_event.account is null then row('ignored', null)::private.stripe_outcome
            else private.apply_account_change(p_event.event_id, p_event.account)
        end
        when p_event.endpoint = 'connect' then case
            when p_event.type = 'account.updated' then private.apply_account(p_object, p_event.occurred_at)
            when p_event.type = 'account.application.deauthorized'
                then private.apply_deauthorization(p_event.account, p_event.occurred_at)
            when p_event.type = 'capability.updated' then private.apply_account_change(p_event.event_id, p_event.account)
            when p_event.type like 'payout.%' then private.apply_bank_payout(p_object, p_event.account, p_event.occurred_at)
            else row('ignored', null)::private.stripe_outcome
        end
        when private.is_of_billing(p_event.type) then private.apply_billing_event(p_event.type, p_object, p_event.occurred_at)
        when p_event.type ~ '^(payment_intent|charge|refund|radar)\.' and private.invoice_payment_of(p_object) is not null
            then private.apply_invoice_money(private.invoice_payment_of(p_object), p_object, p_event.occurred_at)
        when p_event.type like 'payment_intent.%' then private.apply_payment_intent(p_object, p_event.occurred_at)
        when p_event.type like 'refund.%' then private.apply_refund(p_object, p_event.occurred_at)
        when p_event.type = 'charge.refund.updated' then private.apply_refund(p_object, p_event.occurred_at)
        when p_event.type like 'charge.dispute.%' then private.apply_dispute(p_object, p_event.occurred_at)
        when p_event.type = 'radar.early_fraud_warning.created' then private.apply_fraud_warning(p_object)
        when p_event.type like 'charge.%' then private.apply_charge(p_object)
        when p_event.type like 'transfer.%' then private.apply_transfer(p_object, p_event.occurred_at)
        when p_event.type like 'payout.%' then private.apply_platform_payout(p_object, p_event.occurred_at)
        when p_event.type like 'topup.%' then private.apply_top_up(p_object, p_event.occurred_at)
        else row('ignored', null)::private.stripe_outcome
    end;
end;
$$;
