-- Makes a person who has signed up an admin of the platform: put the address in. No API can do this.
do $$
declare
    address constant text := 'somebody@example.com';
begin
    insert into private.platform_admins (user_id, note)
    select profile.id, 'Added in Studio.'
    from public.profiles profile
    where lower(profile.email) = lower(address);
    if not found then
        raise exception 'Nobody has signed up with the address %.', address
            using hint = 'Look for a typo, or sign up first.';
    end if;
end;
$$;
