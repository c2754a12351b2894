-- The live Stripe account of a payee for whom a person may act, locked.
create function private.require_connect_account(p_user_id uuid, p_instructor_id uuid, p_org_id uuid)
    returns public.stripe_connect_accounts
    language plpgsql
    volatile
    security invoker
    set search_path = ''
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
            'Begin with POST /connect/onboarding-links.'
        );
    end if;
    return account;
end;
$$;
