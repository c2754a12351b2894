-- Takes an instructor's name, contacts and notes away, and the login; the lessons and the money stay.
create function private.anonymise_instructor(p_instructor_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    update public.booking_notes set notes = null where instructor_id = p_instructor_id;
    update public.lessons set notes = null where instructor_id = p_instructor_id;
    update public.instructor_details set phone = null, license_id = null where instructor_id = p_instructor_id;
    update public.services
    set description = null,
        short_description = null,
        prerequisites = null,
        materials_url = null,
        is_active = false
    where instructor_id = p_instructor_id;
    update public.connect_account_details details
    set requirements = null,
        business_profile = null
    from public.stripe_connect_accounts account
    where account.id = details.connect_account_id
        and account.instructor_id = p_instructor_id;
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
