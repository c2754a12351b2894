-- Creates a profile for every new login, and follows changes of the login's address. It must never stop a sign-up, so names
-- that are too long are cut, and a bad avatar link is left out, instead of being refused.
-- Definer: Supabase Auth may not write in public.
create function private.sync_profile()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    metadata jsonb := coalesce(new.raw_user_meta_data, '{}');
begin
    insert into public.profiles as profile (id, email, full_name, display_name, first_name, last_name, avatar_url)
    values (
        new.id,
        new.email,
        left(metadata ->> 'full_name', 200),
        left(coalesce(metadata ->> 'display_name', metadata ->> 'full_name'), 200),
        left(metadata ->> 'first_name', 200),
        left(metadata ->> 'last_name', 200),
        case
            when length(metadata ->> 'avatar_url') <= 2000 then substring(metadata ->> 'avatar_url' from '^https?://\S+$')
        end
    )
    on conflict (id) do update
        set email = excluded.email
        where profile.email is distinct from excluded.email;
    return new;
end;
$$;

create trigger sync_profile
    after insert or update of email on auth.users
    for each row execute function private.sync_profile();
