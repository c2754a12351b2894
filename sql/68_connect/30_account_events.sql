-- Applies a connected account from a Stripe event or response, of either version of the API. The latest event counts, so a stale event
-- never makes a ready account unready. Of different statuses of one second the furthest along counts, until a fetch has settled which
-- was the last. An account of v2 is judged by what v2 says of it: a snapshot of v1 only has it fetched.
create function private.apply_account(p_account jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    facts constant jsonb := private.account_as_v1(p_account);
    new_status constant public.connect_status := private.connect_status_of(facts);
    known constant private.stripe_objects := private.stripe_row('stripe_connect_accounts', p_account ->> 'id');
    account public.stripe_connect_accounts;
begin
    select * into account
    from public.stripe_connect_accounts
    where id = coalesce(known.row_id, private.uuid_or_null(p_account -> 'metadata' ->> 'connect_account_id'))
        and coalesce(stripe_account_id, p_account ->> 'id') = p_account ->> 'id'
    for no key update;

    if not found and not private.bears_our_metadata(p_account) then
        return row('ignored', 'not_ours')::private.stripe_outcome;
    elsif not found then
        return row('parked', 'unknown_account')::private.stripe_outcome;
    elsif p_account ->> 'closed' = 'true' then
        return private.apply_deauthorization(p_account ->> 'id', p_occurred_at);
    elsif account.accounts_api = 'v2' and p_account ->> 'object' is distinct from 'v2.core.account' then
        return private.apply_account_change(
            format('%s:%s', account.id, extract(epoch from p_occurred_at)), p_account ->> 'id'
        );
    end if;
    if p_occurred_at = account.last_event_at and new_status <> account.status then
        perform private.fetch_account(account, format('sync_account:%s:%s', account.id, extract(epoch from private.clock())));
    end if;
    if (p_occurred_at, new_status) <= (account.last_event_at, account.status) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    update public.stripe_connect_accounts
    set stripe_account_id = p_account ->> 'id',
        account_type = coalesce(facts ->> 'type', account_type),
        service_agreement = coalesce(facts #>> '{tos_acceptance,service_agreement}', service_agreement),
        status = new_status,
        status_reason = private.connect_status_reason(facts, new_status),
        charges_enabled = (facts -> 'charges_enabled')::boolean,
        payouts_enabled = (facts -> 'payouts_enabled')::boolean,
        details_submitted = (facts -> 'details_submitted')::boolean,
        transfers_enabled = coalesce(facts #>> '{capabilities,transfers}' = 'active', false),
        country = coalesce(facts ->> 'country', country),
        default_currency = facts ->> 'default_currency',
        business_type = facts ->> 'business_type',
        last_event_at = p_occurred_at
    where org_id = account.org_id
        and id = account.id;

    insert into public.connect_account_details (
        connect_account_id, org_id, disabled_reason, requirements, business_profile
    )
    values (
        account.id,
        account.org_id,
        facts #>> '{requirements,disabled_reason}',
        facts -> 'requirements',
        facts -> 'business_profile'
    )
    on conflict (org_id, connect_account_id) do update
        set disabled_reason = excluded.disabled_reason,
            requirements = excluded.requirements,
            business_profile = excluded.business_profile;
    if account.stripe_account_id is null then
        perform private.report_replaced_account(account);
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Tells a payee, and the admins of the organization, that payouts go to another account than before. The first account replaces none.
create function private.report_replaced_account(p_account public.stripe_connect_accounts)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.raise_alert(
        p_account.org_id, p_account.instructor_id, 'account_replaced',
        'Payouts go to another Stripe account from now on. If you do not know why, tell the platform at once.',
        'stripe_connect_accounts', p_account.id, format('account:%s:replaces', p_account.id)
    )
    where exists (
        select
        from public.stripe_connect_accounts earlier
        where earlier.org_id = p_account.org_id
            and earlier.instructor_id is not distinct from p_account.instructor_id
            and earlier.retired_at is not null
    );
end;
$$;

-- Maps a Stripe account to its status here. ready means that transfers may arrive and that Stripe pays them out to a bank.
create function private.connect_status_of(p_account jsonb)
    returns public.connect_status
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when not (p_account -> 'details_submitted')::boolean then 'incomplete'
        when p_account #>> '{requirements,disabled_reason}' ~ '^(rejected|platform_paused|listed|unsupported)' then 'paused'
        when p_account #>> '{capabilities,transfers}' = 'active' and (p_account -> 'payouts_enabled')::boolean then 'ready'
        when jsonb_array_length(coalesce(p_account #> '{requirements,currently_due}', '[]')) > 0 then 'incomplete'
        else 'under_review'
    end::public.connect_status;
$$;

-- Why an account is not ready, as a code that the payee may see. It does not reveal Stripe's suspicions; those are for admins.
create function private.connect_status_reason(p_account jsonb, p_status public.connect_status)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_status
        when 'incomplete' then case
            when (p_account -> 'details_submitted')::boolean then 'more_information_needed'
            else 'onboarding_not_finished'
        end
        when 'under_review' then 'being_reviewed'
        when 'paused' then 'contact_support'
        when 'disconnected' then 'disconnected_by_owner'
    end;
$$;

-- Queues a fetch of the account of which an event says no more than that it changed: a capability of v1, and every event of v2.
create function private.apply_account_change(p_event_id text, p_account_id text)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    known constant private.stripe_objects := private.stripe_row('stripe_connect_accounts', p_account_id);
    account public.stripe_connect_accounts;
begin
    select * into account from public.stripe_connect_accounts where org_id = known.org_id and id = known.row_id;
    if not found then
        return row('parked', 'unknown_account')::private.stripe_outcome;
    end if;

    perform private.fetch_account(account, format('sync_account:%s', p_event_id));
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Queues a look at an account as it is now, under this key.
create function private.fetch_account(p_account public.stripe_connect_accounts, p_idempotency_key text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.enqueue_command(
        p_account.org_id, 'sync_account', p_idempotency_key,
        jsonb_build_object(
            'connect_account_id', p_account.id,
            'stripe_account_id', p_account.stripe_account_id,
            'accounts_api', p_account.accounts_api
        ),
        format('connect_account:%s', p_account.id)
    );
$$;

-- Marks an account as disconnected when its owner has revoked the platform's access, and alerts the payee: transfers would fail.
create function private.apply_deauthorization(p_account_id text, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    known constant private.stripe_objects := private.stripe_row('stripe_connect_accounts', p_account_id);
    account public.stripe_connect_accounts;
begin
    update public.stripe_connect_accounts
    set status = 'disconnected',
        status_reason = 'disconnected_by_owner',
        charges_enabled = false,
        payouts_enabled = false,
        transfers_enabled = false,
        last_event_at = p_occurred_at
    where org_id = known.org_id
        and id = known.row_id
        and coalesce(p_occurred_at >= last_event_at, true)
    returning * into account;

    if found then
        perform private.raise_alert(
            account.org_id, account.instructor_id, 'account_disconnected',
            'The Stripe account was disconnected from the platform, so payouts wait. Connect an account again to be paid.',
            'stripe_connect_accounts', account.id, format('account:%s:disconnected', account.id)
        );
        return row('processed', null)::private.stripe_outcome;
    end if;
    return case
        when known.row_id is not null then row('processed', 'late')::private.stripe_outcome
        else row('parked', 'unknown_account')::private.stripe_outcome
    end;
end;
$$;
