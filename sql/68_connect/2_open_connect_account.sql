-- What the webhook service needs to make or fetch the Stripe account of a payee, for the instructor, or for an admin of the
-- school that is paid itself; the token is verified. Asked again, it answers with the same account and the same key. The
-- country, and with it the agreement, can be chosen anew, under another key, until Stripe has made the account.
-- Definer: the service has no access to the tables.
create function private.open_connect_account(
    p_user_id uuid,
    p_instructor_id uuid,
    p_org_id uuid,
    p_country text,
    p_platform_country text
)
    returns table (
        connect_account_id uuid,
        stripe_account_id text,
        idempotency_key text,
        country text,
        service_agreement text,
        email text,
        metadata jsonb
    )
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payee private.payee := private.require_payee(p_user_id, p_instructor_id, p_org_id);
begin
    perform set_config('lplate.acting_user', p_user_id::text, true);

    insert into public.stripe_connect_accounts as known (org_id, instructor_id, country, service_agreement)
    values (
        payee.org_id,
        payee.instructor_id,
        upper(p_country),
        case when upper(p_country) <> upper(p_platform_country) then 'recipient' else 'full' end
    )
    on conflict (org_id, (coalesce(instructor_id, org_id))) where retired_at is null do update
        set country = excluded.country,
            service_agreement = excluded.service_agreement
        where known.stripe_account_id is null
            and known.country <> excluded.country;

    return query
    select
        account.id,
        account.stripe_account_id,
        format('connect_account:%s:%s', account.id, account.country),
        account.country,
        account.service_agreement,
        profile.email,
        jsonb_build_object('connect_account_id', account.id, 'org_id', account.org_id)
    from public.profiles profile
    join public.stripe_connect_accounts account
        on account.org_id = payee.org_id
        and coalesce(account.instructor_id, account.org_id) = coalesce(payee.instructor_id, payee.org_id)
        and account.retired_at is null
    where profile.id = p_user_id;
exception
    when check_violation then
        perform private.refuse_violation('country_is_an_iso_code');
end;
$$;
