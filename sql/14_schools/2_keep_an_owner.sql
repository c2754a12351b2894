-- An organization that has an owner keeps one. The organization's row is locked, so that two owners cannot leave at once.
-- Definer: whoever leaves may not see the other owners.
create function private.keep_an_owner()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform from public.organizations where id = old.org_id for no key update;

    if not exists (
        select from public.organization_members member where member.org_id = old.org_id and member.role = 'owner'
    ) then
        perform private.refuse(
            'PT409', 'last_owner',
            'An organization needs an owner.',
            'Make somebody else an owner first.'
        );
    end if;
    return null;
end;
$$;
