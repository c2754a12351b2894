-- For python -m jobs replay-events, which fetches from Stripe's own log of events what no webhook has brought: after a restore, or while
-- an endpoint was disabled. It hands what it finds to receive_stripe_event, which applies every event once.

-- From when on Stripe's log has to be read: an hour before the newest event that is stored of that endpoint; null if there is none.
-- Definer: the job has no access to the table.
create function private.events_known_until(p_endpoint text)
    returns timestamptz
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select max(event.occurred_at) - interval '1 hour'
    from private.webhook_events event
    where event.endpoint = p_endpoint;
$$;

-- Which of these events were never stored.
-- Definer: the job has no access to the table.
create function private.find_unstored_events(p_event_ids text[])
    returns table (event_id text)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select asked.id
    from unnest(p_event_ids) asked (id)
    where not exists (
        select
        from private.webhook_events event
        where event.provider = 'stripe'
            and event.event_id = asked.id
    );
$$;

-- The accounts whose events Stripe keeps in logs of their own.
-- Definer: the job has no access to the table.
create function private.list_stripe_accounts()
    returns table (stripe_account_id text)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select account.stripe_account_id
    from public.stripe_connect_accounts account
    where account.stripe_account_id is not null
        and account.status <> 'disconnected'
    order by account.stripe_account_id;
$$;

-- Whether a payee has asked for an account of Stripe's Accounts API v2, whose events are thin and in a log of their own.
-- Definer: the job has no access to the table.
create function private.uses_accounts_v2()
    returns boolean
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.stripe_connect_accounts account
        where account.accounts_api = 'v2'
    );
$$;
