-- Refuses to erase nobody, or somebody who runs the platform.
create function private.check_person_can_be_erased(p_user_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if not exists (select from public.profiles profile where profile.id = p_user_id) then
        perform private.refuse(
            'PT404', 'person_not_found',
            'There is no such person.',
            'Check the id.'
        );
    end if;
    if exists (select from private.platform_admins admin where admin.user_id = p_user_id) then
        perform private.refuse(
            'PT409', 'is_platform_admin',
            'This person runs the platform.',
            'Take them off private.platform_admins in Studio first.'
        );
    end if;
end;
$$;
