-- The caller's proven address. Definer: people may not read logins.
create function private.my_verified_email()
    returns text
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return private.verified_email(private.my_user_id());
end;
$$;
