-- Refuses who administers the organization but gives or takes a role above their own: only owners make owners and admins.
create function private.require_rank(p_org_id uuid, p_role public.org_role)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    person uuid := private.require_org_admin(p_org_id);
begin
    if p_role is null then
        perform private.refuse_violation('', 'role');
    end if;
    if not private.has_rank(person, p_org_id, p_role) then
        perform private.refuse(
            '42501', 'role_above_yours',
            'Only an owner can do this.',
            'Ask an owner of the organization.'
        );
    end if;
end;
$$;
