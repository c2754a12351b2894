-- Brings a connected account to what Stripe says of it. The latest news count, in one second the furthest along, so that a
-- stale event never takes readiness away.
create function private.apply_account(p_account jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    news constant public.connect_status := private.connect_status_of(p_account);
    account public.stripe_connect_accounts;
begin
    select * into account
    from public.stripe_connect_accounts
    where stripe_account_id = p_account ->> 'id'
        or (
            stripe_account_id is null
            and id = private.uuid_or_null(p_account -> 'metadata' ->> 'connect_account_id')
        )
    for no key update;

    if not found then
        return row('parked', 'unknown_account')::private.stripe_outcome;
    end if;
    if (p_occurred_at, news) <= (account.seen_at, account.status) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    update public.stripe_connect_accounts
    set stripe_account_id = p_account ->> 'id',
        account_type = coalesce(p_account ->> 'type', account_type),
        status = news,
        status_reason = private.connect_status_reason(p_account, news),
        charges_enabled = (p_account -> 'charges_enabled')::boolean,
        payouts_enabled = (p_account -> 'payouts_enabled')::boolean,
        details_submitted = (p_account -> 'details_submitted')::boolean,
        transfers_enabled = coalesce(p_account #>> '{capabilities,transfers}' = 'active', false),
        country = p_account ->> 'country',
        default_currency = p_account ->> 'default_currency',
        business_type = p_account ->> 'business_type',
        seen_at = p_occurred_at
    where id = account.id;

    insert into public.connect_account_details (
        connect_account_id, org_id, disabled_reason, requirements, business_profile
    )
    values (
        account.id,
        account.org_id,
        p_account #>> '{requirements,disabled_reason}',
        p_account -> 'requirements',
        p_account -> 'business_profile'
    )
    on conflict (connect_account_id) do update
        set disabled_reason = excluded.disabled_reason,
            requirements = excluded.requirements,
            business_profile = excluded.business_profile;
    return row('processed', null)::private.stripe_outcome;
end;
$$;
