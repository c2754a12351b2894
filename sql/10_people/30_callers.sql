-- The signed-in person; null for visitors, and for anonymous sign-ins, which have no rights anywhere.
create function private.my_user_id()
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select auth.uid() where not coalesce((auth.jwt() ->> 'is_anonymous')::boolean, false)
    );
end;
$$;

-- True if the caller runs the platform, and has shown a second factor where the platform asks for one: without it an admin of the
-- platform is a person like any other. Definer: nobody may read the list of platform admins.
create function private.is_platform_admin()
    returns boolean
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return exists (select from private.platform_admins admin where admin.user_id = private.my_user_id())
        and private.has_second_factor_for(private.platform_id());
end;
$$;

-- True if the caller's session has a second factor. Supabase Auth writes the level that a session has reached into its token.
create function private.has_second_factor()
    returns boolean
    language sql
    stable
    security invoker
    parallel safe
    set search_path = '', pg_temp
as $$
    select coalesce(auth.jwt() ->> 'aal' = 'aal2', false);
$$;

-- True if a session has the second factor that an organization asks for, or the organization asks for none. A service that acts
-- for a person says itself what that person's session has.
create function private.has_second_factor_for(p_org_id uuid, p_has_second_factor boolean default private.has_second_factor())
    returns boolean
    language sql
    stable
    security invoker
    parallel safe
    set search_path = '', pg_temp
as $$
    select coalesce(p_has_second_factor, false) or exists (
        select
        from public.organizations organization
        where organization.id = p_org_id
            and not organization.requires_second_factor
    );
$$;

-- The organizations that the caller belongs to or administers.
-- Definer: the policy on memberships would recurse if they were read as the caller.
create function private.my_org_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return private.my_admin_org_ids() || array(
        select distinct member.org_id
        from public.organization_members member
        where member.user_id = private.my_user_id()
    );
end;
$$;

-- The organizations that the caller administers: all of them for a platform admin, so that policies need no second condition.
-- Definer: the policy on memberships calls this function, so reading them as the caller would recurse.
create function private.my_admin_org_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    if private.is_platform_admin() then
        return array(select organization.id from public.organizations organization where not organization.is_platform);
    end if;
    return private.my_school_ids();
end;
$$;

-- The organizations of which the caller is an owner or admin themselves: not those that a platform admin may see to.
-- Definer: the policies of tables call it.
create function private.my_school_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select member.org_id
        from public.organization_members member
        where member.user_id = private.my_user_id()
            and member.role in ('owner', 'admin')
    );
end;
$$;

-- The caller's verified e-mail address. Definer: people may not read auth.users.
create function private.my_verified_email()
    returns text
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return private.verified_email(private.my_user_id());
end;
$$;

-- A person's verified e-mail address in lower case; null while it is not verified.
create function private.verified_email(p_user_id uuid)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select lower(login.email)
    from auth.users login
    where login.id = p_user_id
        and login.email_confirmed_at is not null;
$$;

-- Lets the webhook service ask as a person whose token it has verified: for the rest of the transaction every rule sees that person, and what
-- their session has shown, as if the Data API had asked.
create function private.act_for(p_user_id uuid, p_has_second_factor boolean)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform set_config('lplate.acting_user', p_user_id::text, true);
    perform set_config(
        'request.jwt.claims',
        jsonb_build_object(
            'role', 'authenticated', 'sub', p_user_id, 'aal', case when p_has_second_factor then 'aal2' else 'aal1' end
        )::text,
        true
    );
end;
$$;
