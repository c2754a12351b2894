-- The Stripe account whose dashboard a payee may open. Definer: the service has no access to the tables.
create function private.open_dashboard_link(p_user_id uuid, p_instructor_id uuid, p_org_id uuid)
    returns table (stripe_account_id text)
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    account public.stripe_connect_accounts := private.require_connect_account(p_user_id, p_instructor_id, p_org_id);
begin
    if not account.details_submitted then
        perform private.refuse(
            'PT409', 'onboarding_not_finished',
            'The dashboard opens once onboarding is finished.',
            'Go on with POST /connect/onboarding-links.'
        );
    end if;
    return query select account.stripe_account_id;
end;
$$;
