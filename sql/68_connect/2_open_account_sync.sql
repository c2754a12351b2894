-- The Stripe account of a payee to be fetched anew at the payee's own wish, at most once a minute.
-- Definer: the service has no access to the tables.
create function private.open_account_sync(p_user_id uuid, p_instructor_id uuid, p_org_id uuid)
    returns table (connect_account_id uuid, stripe_account_id text)
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    account public.stripe_connect_accounts := private.require_connect_account(p_user_id, p_instructor_id, p_org_id);
begin
    if account.synced_at > private.clock() - interval '1 minute' then
        perform private.refuse(
            'PT429', 'too_soon',
            'This account was fetched a moment ago.',
            'Wait a minute; news from Stripe arrive by themselves.'
        );
    end if;
    perform set_config('lplate.acting_user', p_user_id::text, true);

    return query
    update public.stripe_connect_accounts synced
    set synced_at = private.clock()
    where synced.id = account.id
    returning synced.id, synced.stripe_account_id;
end;
$$;
