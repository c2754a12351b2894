-- A capability changed: what that means for the account is fetched from Stripe, since the event holds the capability alone.
create function private.apply_capability(p_event_id text, p_account_id text)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    account public.stripe_connect_accounts;
begin
    select * into account from public.stripe_connect_accounts where stripe_account_id = p_account_id;
    if not found then
        return row('parked', 'unknown_account')::private.stripe_outcome;
    end if;

    perform private.enqueue_command(
        'sync_account', format('sync_account:%s', p_event_id),
        jsonb_build_object('connect_account_id', account.id, 'stripe_account_id', p_account_id),
        format('connect_account:%s', account.id)
    );
    return row('processed', null)::private.stripe_outcome;
end;
$$;
