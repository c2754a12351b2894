-- Opens the Stripe account of a payee, and returns what the webhook service needs to create or fetch it, for the instructor or an
-- admin of an organization that is paid itself. A repeated call returns the same account and key. Until Stripe has created the
-- account, another country or another version of its API (p_accounts_api) may be chosen, which changes the key. Since money goes where
-- this leads, p_has_second_factor says what the person's session has.
-- Definer: the service has no access to the tables.
create function private.open_connect_account(
    p_user_id uuid,
    p_instructor_id uuid,
    p_org_id uuid,
    p_country text,
    p_platform_country text,
    p_has_second_factor boolean default false,
    p_accounts_api text default 'v1'
)
    returns table (
        connect_account_id uuid,
        stripe_account_id text,
        idempotency_key text,
        accounts_api text,
        country text,
        email text,
        metadata jsonb
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payee private.payee := private.require_payee(p_user_id, p_instructor_id, p_org_id);
    account public.stripe_connect_accounts;
begin
    perform private.assert_second_factor(payee.org_id, p_has_second_factor);
    perform set_config('lplate.acting_user', p_user_id::text, true);
    perform private.count_connect_link(payee);

    insert into public.stripe_connect_accounts as known (org_id, instructor_id, country, accounts_api)
    values (payee.org_id, payee.instructor_id, upper(p_country), p_accounts_api)
    on conflict (org_id, (coalesce(instructor_id, org_id))) where retired_at is null do update
        set country = excluded.country,
            accounts_api = excluded.accounts_api
        where known.stripe_account_id is null
            and (known.country, known.accounts_api) <> (excluded.country, excluded.accounts_api);

    select * into account
    from public.stripe_connect_accounts live
    where live.org_id = payee.org_id
        and coalesce(live.instructor_id, live.org_id) = coalesce(payee.instructor_id, payee.org_id)
        and live.retired_at is null;
    if account.stripe_account_id is null then
        perform private.assert_country_is_served(account.country, upper(p_platform_country));
    end if;

    return query
    select
        account.id,
        account.stripe_account_id,
        concat_ws(':', 'connect_account', account.id, account.country, nullif(account.accounts_api, 'v1')),
        account.accounts_api,
        account.country,
        profile.email,
        jsonb_build_object('connect_account_id', account.id, 'org_id', account.org_id)
    from public.profiles profile
    where profile.id = p_user_id;
exception
    when check_violation then
        perform private.refuse_violation('country_is_an_iso_code');
end;
$$;

-- Returns the payee for whom a person may act: themselves as an instructor, or an organization that they own or administer.
create function private.require_payee(p_user_id uuid, p_instructor_id uuid, p_org_id uuid)
    returns private.payee
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payee private.payee;
begin
    if p_org_id is not null and p_instructor_id is null then
        select member.org_id, null into payee
        from public.organization_members member
        where member.org_id = p_org_id
            and member.user_id = p_user_id
            and member.role in ('owner', 'admin')
        limit 1;
    else
        select instructor.org_id, instructor.id into payee
        from public.instructors instructor
        where instructor.user_id = p_user_id
            and instructor.id = coalesce(p_instructor_id, instructor.id)
            and instructor.org_id = coalesce(
                p_org_id,
                case when p_instructor_id is null then private.marketplace_id() end,
                instructor.org_id
            );
    end if;

    if payee.org_id is null then
        perform private.refuse(
            'PT404', 'not_an_instructor',
            'You are not this instructor, nor do you administer this organization.',
            'Call become_instructor first, or send neither id to act for yourself.'
        );
    end if;
    return payee;
end;
$$;

-- Notes that a payee asks for an onboarding link, and refuses the eleventh within an hour: each is a call of Stripe, and the first after an
-- account was retired makes another account there. The payee's row is locked, so that requests made at once are counted one by one.
create function private.count_connect_link(p_payee private.payee)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    max_an_hour constant integer := 10;
    payee_id constant uuid := coalesce(p_payee.instructor_id, p_payee.org_id);
begin
    perform from public.instructors where org_id = p_payee.org_id and id = p_payee.instructor_id for no key update;
    perform from public.organizations where id = p_payee.org_id and p_payee.instructor_id is null for no key update;

    delete from private.connect_links link
    where link.org_id = p_payee.org_id
        and coalesce(link.instructor_id, link.org_id) = payee_id
        and link.opened_at <= private.clock() - interval '1 hour';
    if (
        select count(*)
        from private.connect_links link
        where link.org_id = p_payee.org_id
            and coalesce(link.instructor_id, link.org_id) = payee_id
    ) >= max_an_hour then
        perform private.refuse(
            'PT429', 'too_many_links',
            format('%s onboarding links were opened within an hour.', max_an_hour),
            'Go on with the latest one, or wait an hour.'
        );
    end if;
    insert into private.connect_links (org_id, instructor_id) values (p_payee.org_id, p_payee.instructor_id);
end;
$$;

-- Refuses a payee's country that Stripe cannot pay from the platform's, before anything is made at Stripe.
create function private.assert_country_is_served(p_country text, p_platform_country text)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    served constant text[] := array(
        select payee.code
        from private.payee_countries payee
        join private.payee_countries platform on platform.code = p_platform_country
        where payee.code = platform.code
            or (payee.crosses_borders and platform.crosses_borders)
        order by payee.code
    );
begin
    if p_country <> all (served) then
        perform private.refuse(
            'PT422', 'country_not_served',
            format('Stripe cannot pay anybody in %s from %s.', p_country, p_platform_country),
            format(
                'Ask again with the country of the payee''s bank account, if it is one of these: %s.',
                coalesce(nullif(array_to_string(served, ', '), ''), 'none')
            )
        );
    end if;
end;
$$;

-- Records Stripe's response to creating an account, dated at its creation, or to fetching it (p_is_fetched), dated now; of either
-- version of the API. The webhook service and the jobs call it.
-- Definer: the service has no access to the tables.
create function private.record_connect_account(p_connect_account_id uuid, p_account jsonb, p_is_fetched boolean)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    outcome private.stripe_outcome;
begin
    if private.uuid_or_null(p_account -> 'metadata' ->> 'connect_account_id') is distinct from p_connect_account_id then
        perform private.refuse(
            'PT422', 'wrong_account',
            'That Stripe account belongs to another payee.',
            'Record the account that was created with this row''s metadata.'
        );
    end if;
    outcome := private.apply_account(
        p_account,
        case
            when p_is_fetched then date_trunc('second', private.clock())
            else to_timestamp((private.account_as_v1(p_account) ->> 'created')::bigint)
        end
    );
    if outcome.status = 'parked' then
        perform private.refuse(
            'PT409', 'another_account_is_known',
            'This payee already has another Stripe account.',
            'Repeat the request to get the account that is recorded.'
        );
    end if;
end;
$$;
