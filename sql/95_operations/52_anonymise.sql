-- Withdraws what was offered to a learner or an instructor without a login, and erases the address: nobody becomes who was erased.
create function private.erase_invitations_to(p_learner_id uuid, p_instructor_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.invitations
    set email = 'erased@invalid',
        revoked_at = case when accepted_at is null then coalesce(revoked_at, private.clock()) end
    where learner_id = p_learner_id
        or instructor_id = p_instructor_id;
$$;

-- Erases an instructor's name, contacts, notes and windows, and unlinks the login. Lessons and money stay.
create function private.anonymise_instructor(p_instructor_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.erase_trips(null, p_instructor_id);
    delete from public.instructor_documents where instructor_id = p_instructor_id;
    select private.erase_messages_about(p_instructor_id);
    select private.erase_invitations_to(null, p_instructor_id);
    update public.alerts alert
    set message = 'Erased'
    from public.bookings booking
    where booking.org_id = alert.org_id
        and booking.id = alert.related_id
        and booking.instructor_id = p_instructor_id
        and alert.code in ('lesson_cancelled', 'lesson_reassigned', 'move_proposed'); -- which name the instructor
    update public.booking_notes set notes = null where instructor_id = p_instructor_id;
    update public.lessons set notes = null where instructor_id = p_instructor_id;
    update public.lesson_ratings set reply = null where instructor_id = p_instructor_id;
    update public.skill_assessments set note = null where instructor_id = p_instructor_id;
    update public.instructor_details set phone = null, license_id = null where instructor_id = p_instructor_id;
    update public.services
    set description = null,
        short_description = null,
        prerequisites = null,
        is_active = false
    where instructor_id = p_instructor_id;
    update public.service_materials set materials_url = null where instructor_id = p_instructor_id;
    update public.connect_account_details details
    set requirements = null,
        business_profile = null
    from public.stripe_connect_accounts account
    where account.org_id = details.org_id
        and account.id = details.connect_account_id
        and account.instructor_id = p_instructor_id;
    delete from public.availability_exceptions where instructor_id = p_instructor_id;
    delete from private.person_calendar where instructor_id = p_instructor_id and entry_id is not null;
    delete from public.busy_times where instructor_id = p_instructor_id;
    delete from public.availability_windows where instructor_id = p_instructor_id;
    update public.instructors
    set display_name = 'Erased instructor',
        bio = null,
        expertise_areas = '{}',
        avatar_url = null,
        area = null,
        area_lat = null,
        area_lng = null,
        facets = '{}',
        is_active = false,
        is_available = false,
        user_id = null
    where id = p_instructor_id;
$$;

-- Erases a learner's name, contacts, places, notes and reasons, unlinks the login, and deactivates the learner's referral codes.
-- Lessons and money stay.
create function private.anonymise_learner(p_learner_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.erase_trips(p_learner_id, null);
    select private.erase_messages_about(p_learner_id);
    select private.erase_invitations_to(p_learner_id, null);
    update public.waiting_list_entries set ended_at = private.clock() where learner_id = p_learner_id and ended_at is null;
    update public.problem_reports
    set description = 'Erased',
        resolution = case when resolution is not null then 'Erased' end
    where learner_id = p_learner_id;
    update public.bookings
    set learner_notes = null,
        pickup_address = null,
        pickup_lat = null,
        pickup_lng = null,
        dropoff_address = null,
        dropoff_lat = null,
        dropoff_lng = null,
        cancellation_reason = null
    where learner_id = p_learner_id;
    update public.booking_notes note
    set notes = null
    from public.bookings booking
    where booking.org_id = note.org_id
        and booking.id = note.booking_id
        and booking.learner_id = p_learner_id;
    update public.refunds set reason = 'Erased' where learner_id = p_learner_id and requested_by is not null;
    update public.referral_codes set is_active = false where referrer_id = p_learner_id and is_active;
    update public.lessons set notes = null where learner_id = p_learner_id;
    update public.lesson_ratings
    set review = null,
        reply = null,
        rated_by = null
    where learner_id = p_learner_id;
    update public.skill_assessments set note = null where learner_id = p_learner_id;
    select private.erase_tests(p_learner_id);
    update public.lesson_claims
    set statement = null,
        answer = null,
        reason = case when reason is not null then 'Erased' end
    where learner_id = p_learner_id;
    update public.learner_details
    set date_of_birth = null,
        is_birth_self_declared = false,
        notes = null
    where learner_id = p_learner_id;
    update public.learner_contacts
    set email = null,
        phone = null
    where learner_id = p_learner_id;
    update public.learner_guardians
    set revoked_at = coalesce(revoked_at, private.clock()),
        guardian_email = 'erased@invalid',
        relation = null
    where learner_id = p_learner_id;
    update public.learners
    set full_name = 'Erased learner',
        learning_goals = '{}',
        interests = '{}',
        user_id = null
    where id = p_learner_id;
$$;

-- Erases a guardian's name and contacts, revokes every guardianship, and unlinks the login.
create function private.anonymise_guardian(p_guardian_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.learner_guardians
    set revoked_at = coalesce(revoked_at, private.clock()),
        guardian_email = 'erased@invalid',
        relation = null
    where guardian_id = p_guardian_id;
    update public.guardians
    set full_name = 'Erased guardian',
        phone = null,
        email = 'erased@invalid',
        user_id = null
    where id = p_guardian_id;
$$;
