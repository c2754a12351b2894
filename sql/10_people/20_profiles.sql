-- Keeps a profile for every login. It must never stop a sign-up, so what the person typed is cut or left out, not refused.
-- Definer: Auth may not write in public.
create function private.sync_profile()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    given jsonb := coalesce(new.raw_user_meta_data, '{}');
begin
    insert into public.profiles as profile (id, email, full_name, display_name, first_name, last_name, avatar_url)
    values (
        new.id,
        new.email,
        left(given ->> 'full_name', 200),
        left(coalesce(given ->> 'display_name', given ->> 'full_name'), 200),
        left(given ->> 'first_name', 200),
        left(given ->> 'last_name', 200),
        case
            when length(given ->> 'avatar_url') <= 2000 then substring(given ->> 'avatar_url' from '^https?://\S+$')
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
