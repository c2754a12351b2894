-- Definer: nobody may read the list of platform admins.
create function private.is_platform_admin()
    returns boolean
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return exists (select from private.platform_admins admin where admin.user_id = private.my_user_id());
end;
$$;
