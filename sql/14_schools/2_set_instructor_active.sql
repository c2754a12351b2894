-- Takes an instructor off a school's list, or puts them back; what is booked stays. By the school's admins.
-- Definer: nobody may update is_active themselves.
create function private.set_instructor_active(p_instructor_id uuid, p_is_active boolean)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.require_person();
    if p_is_active is null then
        perform private.refuse_violation('', 'is_active');
    end if;

    update public.instructors
    set is_active = p_is_active
    where id = p_instructor_id
        and org_id = any (private.my_admin_org_ids());

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor.',
            'Check the id.'
        );
    end if;
end;
$$;
