-- The owner of an account cut the platform off: nothing can be sent there any more.
create function private.apply_deauthorization(p_account_id text, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    account public.stripe_connect_accounts;
begin
    update public.stripe_connect_accounts
    set status = 'disconnected',
        status_reason = 'disconnected_by_owner',
        charges_enabled = false,
        payouts_enabled = false,
        transfers_enabled = false,
        seen_at = p_occurred_at
    where stripe_account_id = p_account_id
        and coalesce(p_occurred_at >= seen_at, true)
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
        when exists (select from public.stripe_connect_accounts known where known.stripe_account_id = p_account_id)
            then row('processed', 'late')::private.stripe_outcome
        else row('parked', 'unknown_account')::private.stripe_outcome
    end;
end;
$$;
