-- Returns the Stripe account whose dashboard, where its bank account can be changed, a payee may open. p_has_second_factor says what
-- the person's session has. Definer: the service has no access to the tables.
create function private.open_dashboard_link(
    p_user_id uuid,
    p_instructor_id uuid,
    p_org_id uuid,
    p_has_second_factor boolean default false
)
    returns table (stripe_account_id text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    account public.stripe_connect_accounts := private.require_connect_account(p_user_id, p_instructor_id, p_org_id);
begin
    perform private.assert_second_factor(account.org_id, p_has_second_factor);
    if not account.details_submitted then
        perform private.refuse(
            'PT409', 'onboarding_not_finished',
            'The dashboard opens once onboarding is finished.',
            'Continue with POST /connect/onboarding-links.'
        );
    end if;
    return query select account.stripe_account_id;
end;
$$;

-- Returns the Stripe account that the webhook service is to fetch again because the payee asked for it, at most once a minute.
-- Definer: the service has no access to the tables.
create function private.open_account_sync(p_user_id uuid, p_instructor_id uuid, p_org_id uuid)
    returns table (connect_account_id uuid, stripe_account_id text, accounts_api text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    account public.stripe_connect_accounts := private.require_connect_account(p_user_id, p_instructor_id, p_org_id);
begin
    if account.synced_at > private.clock() - interval '1 minute' then
        perform private.refuse(
            'PT429', 'too_soon',
            'This account was fetched a moment ago.',
            'Wait a minute. Changes at Stripe also arrive by themselves.'
        );
    end if;
    perform set_config('lplate.acting_user', p_user_id::text, true);

    return query
    update public.stripe_connect_accounts synced
    set synced_at = private.clock()
    where synced.org_id = account.org_id
        and synced.id = account.id
    returning synced.id, synced.stripe_account_id, synced.accounts_api;
end;
$$;

-- Returns, locked, the live Stripe account of a payee for whom a person may act; refuses if there is none.
create function private.require_connect_account(p_user_id uuid, p_instructor_id uuid, p_org_id uuid)
    returns public.stripe_connect_accounts
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payee private.payee := private.require_payee(p_user_id, p_instructor_id, p_org_id);
    account public.stripe_connect_accounts;
begin
    select * into account
    from public.stripe_connect_accounts
    where org_id = payee.org_id
        and coalesce(instructor_id, org_id) = coalesce(payee.instructor_id, payee.org_id)
        and retired_at is null
        and stripe_account_id is not null
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'no_account',
            'There is no Stripe account yet.',
            'Start with POST /connect/onboarding-links.'
        );
    end if;
    return account;
end;
$$;
