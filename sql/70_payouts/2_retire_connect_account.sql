-- Puts a payee's Stripe account aside, so that onboarding makes another one; not while a payout is on its way there.
-- Definer: accounts change only through functions.
create function private.retire_connect_account(p_connect_account_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    account public.stripe_connect_accounts;
begin
    perform private.require_person();
    select * into account
    from public.stripe_connect_accounts
    where id = p_connect_account_id
        and retired_at is null
        and (
            instructor_id = any (private.my_instructor_ids())
            or (instructor_id is null and org_id = any (private.my_admin_org_ids()))
        )
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'no_account',
            'You have no such Stripe account.',
            'Reload your payout settings.'
        );
    end if;
    if exists (
        select
        from public.payouts payout
        where payout.connect_account_id = account.id
            and payout.status in ('pending', 'sending', 'unknown', 'failed', 'held')
    ) then
        perform private.refuse(
            'PT409', 'payout_in_flight',
            'A payout to this account is on its way.',
            'Wait until it has arrived, then replace the account.'
        );
    end if;

    update public.stripe_connect_accounts set retired_at = private.clock() where id = account.id;
end;
$$;
