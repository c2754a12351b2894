-- Anonymises an instructor without a login and keeps the books, as erase_person does; by the school's admins.
-- Definer: reaches into every room.
create function private.erase_instructor(p_instructor_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    instructor public.instructors;
begin
    perform private.require_person();
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and org_id = any (private.my_admin_org_ids())
    for update;

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor.',
            'Check the id.'
        );
    end if;
    if instructor.user_id is not null then
        perform private.refuse_to_erase_login();
    end if;
    perform private.check_is_settled('{}', array[instructor.id], null);
    perform private.anonymise_instructor(instructor.id);
end;
$$;
