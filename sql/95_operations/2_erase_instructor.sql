-- Takes an instructor's name, contacts and notes away, and the login; the lessons and the money stay.
create function private.erase_instructor(p_instructor_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    update public.booking_notes set notes = null where instructor_id = p_instructor_id;
    update public.lessons set notes = null where instructor_id = p_instructor_id;
    update public.instructor_details set phone = null, license_id = null where instructor_id = p_instructor_id;
    delete from public.availability_exceptions where instructor_id = p_instructor_id;
    delete from public.availability_windows where instructor_id = p_instructor_id;
    update public.instructors
    set display_name = 'Erased instructor',
        bio = null,
        expertise_areas = '{}',
        is_active = false,
        is_available = false,
        user_id = null
    where id = p_instructor_id;
$$;
