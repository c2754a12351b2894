-- The signed-in person; refuses visitors, anonymous sign-ins, and logins that have been deleted, whose tokens last until they expire.
create function private.require_person()
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.my_user_id();
begin
    if not exists (select from public.profiles profile where profile.id = person) then
        perform private.refuse_visitor();
    end if;
    return person;
end;
$$;

-- Asks for a sign-in.
create function private.refuse_visitor()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        '42501', 'sign_in_required',
        'You need to sign in to do this.',
        'Sign in with an e-mail address or a phone number, then try again.'
    );
end;
$$;

-- Asks a visitor for a sign-in who calls a function, or reads a table, that is not for visitors: without it Postgres would answer, in
-- words for its administrators and without a code. What visitors may do is said by the grants alone. The Data API asks it first.
-- Definer: visitors may not look names up in private.
create function private.check_request()
    returns void
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    asked_function constant text := substring(current_setting('request.path', true) from '^/rpc/(\w+)$');
    asked_table constant text := substring(current_setting('request.path', true) from '^/(\w+)$');
begin
    if current_setting('role') = 'anon' and (
        exists (
            select
            from pg_proc function
            where function.pronamespace = 'public'::regnamespace
                and function.proname = asked_function
                and not has_function_privilege('anon', function.oid, 'execute')
        )
        or exists (
            select
            from pg_class relation
            where relation.relnamespace = 'public'::regnamespace
                and relation.relname = asked_table
                and relation.relkind in ('r', 'p', 'v')
                and not has_table_privilege('anon', relation.oid, 'select')
        )
    ) then
        perform private.refuse_visitor();
    end if;
end;
$$;

-- The caller, if they are an owner or admin of the organization. Answers the same for somebody else's organization as for an
-- id that does not exist, so that nobody can probe for ids.
create function private.require_org_admin(p_org_id uuid)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
begin
    if p_org_id is null or not p_org_id = any (private.my_admin_org_ids()) then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no such organization that you administer.',
            'Check the id, or ask an owner to make you an admin.'
        );
    end if;
    return person;
end;
$$;

-- Refuses a session without the second factor that the organization asks for; the caller's own, unless a service says what a person has.
create function private.assert_second_factor(p_org_id uuid, p_has_second_factor boolean default private.has_second_factor())
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not private.has_second_factor_for(p_org_id, p_has_second_factor) then
        perform private.refuse(
            '42501', 'second_factor_required',
            'This needs your second factor.',
            'Verify a factor with Auth (mfa.challengeAndVerify), then try again.'
        );
    end if;
end;
$$;

-- Refuses who is no platform admin, or has not shown the second factor that the platform asks for.
create function private.assert_platform_admin()
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (select from private.platform_admins admin where admin.user_id = private.my_user_id()) then
        perform private.assert_second_factor(private.platform_id());
    else
        perform private.refuse(
            '42501', 'not_an_admin',
            'Only an admin of the platform can do this.',
            'Ask the platform''s support.'
        );
    end if;
end;
$$;

-- The caller, if they are a platform admin. Notes the reason in lplate.reason, from where the audit log takes it.
create function private.require_platform_admin(p_reason text)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_platform_admin();
    if coalesce(length(trim(p_reason)), 0) not between 3 and 500 or not private.is_visible(p_reason) then
        perform private.refuse(
            'PT422', 'reason_required',
            'An admin''s decision needs a reason of 3 to 500 characters.',
            'Say in a sentence why; it is kept in the audit log.'
        );
    end if;
    perform set_config('lplate.reason', p_reason, true);
    return private.my_user_id();
end;
$$;

-- A currency's lower-case code; refuses currencies that are not sold in. Accepts upper case, as frontends send DKK.
create function private.require_currency(p_currency text)
    returns text
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    known_code text;
begin
    select currency.code into known_code
    from private.currencies currency
    where currency.code = lower(p_currency);

    if not found then
        perform private.refuse(
            'PT422', 'unknown_currency',
            'That currency cannot be charged here.',
            'Send an ISO 4217 code such as gbp or eur.'
        );
    end if;
    return known_code;
end;
$$;

-- The organization of every instructor and learner without a school.
create function private.marketplace_id()
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select organization.id from public.organizations organization where organization.is_marketplace
    );
end;
$$;
