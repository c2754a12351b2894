-- Refuses everybody but the owners and admins of an organization. A foreign organization is as unknown as one that does not
-- exist.
create function private.require_org_admin(p_org_id uuid)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = ''
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
