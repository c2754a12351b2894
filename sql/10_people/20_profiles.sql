-- Creates a profile for every new login, and follows changes of the login's address. It must never stop a sign-up, so names
-- that are too long are cut, and names that cannot be read and a bad avatar link are left out, instead of being refused.
-- Definer: Supabase Auth may not write in public.
create function private.sync_profile()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    metadata constant jsonb := coalesce(new.raw_user_meta_data, '{}');
    full_name constant text := private.name_or_null(metadata ->> 'full_name');
begin
    insert into public.profiles as profile (id, email, full_name, display_name, first_name, last_name, avatar_url)
    values (
        new.id,
        new.email,
        full_name,
        coalesce(private.name_or_null(metadata ->> 'display_name'), full_name),
        private.name_or_null(metadata ->> 'first_name'),
        private.name_or_null(metadata ->> 'last_name'),
        case when private.is_link(metadata ->> 'avatar_url') then metadata ->> 'avatar_url' end
    )
    on conflict (id) do update
        set email = excluded.email
        where profile.email is distinct from excluded.email;
    return new;
end;
$$;

-- The first 200 characters of a name that somebody has given to Auth; null if it cannot be read.
create function private.name_or_null(p_name text)
    returns text
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case when private.is_line(left(p_name, 200)) then left(p_name, 200) end;
end;
$$;

create trigger sync_profile
    after insert or update of email on auth.users
    for each row execute function private.sync_profile();
