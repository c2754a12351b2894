-- The address that a person has proven to be theirs, in lower case; null before that.
create function private.verified_email(p_user_id uuid)
    returns text
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select lower(login.email)
    from auth.users login
    where login.id = p_user_id
        and login.email_confirmed_at is not null;
$$;
