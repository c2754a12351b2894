-- The payee for whom a person may act: themselves as an instructor, or an organization that they own or administer.
create function private.require_payee(p_user_id uuid, p_instructor_id uuid, p_org_id uuid)
    returns private.payee
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    payee private.payee;
begin
    if p_org_id is not null and p_instructor_id is null then
        select member.org_id, null into payee
        from public.organization_members member
        where member.org_id = p_org_id
            and member.user_id = p_user_id
            and member.role in ('owner', 'admin')
        limit 1;
    else
        select instructor.org_id, instructor.id into payee
        from public.instructors instructor
        where instructor.user_id = p_user_id
            and instructor.id = coalesce(p_instructor_id, instructor.id)
            and instructor.org_id = coalesce(
                p_org_id,
                case when p_instructor_id is null then private.marketplace_id() end,
                instructor.org_id
            );
    end if;

    if payee.org_id is null then
        perform private.refuse(
            'PT404', 'not_an_instructor',
            'You are not this instructor, nor do you administer this organization.',
            'Call become_instructor first, or leave both out for yourself.'
        );
    end if;
    return payee;
end;
$$;
