-- Creates the row of a new booking's instructor notes, and lets instructor and learner see each other. 82_effects calls it.
create function private.add_booking_relations(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into public.booking_notes (booking_id, org_id, instructor_id) values (p_booking.id, p_booking.org_id, p_booking.instructor_id);

    insert into public.instructor_learners (org_id, instructor_id, learner_id)
    values (p_booking.org_id, p_booking.instructor_id, p_booking.learner_id)
    on conflict do nothing;
end;
$$;

-- Makes the learner's bookings and used discounts count for the person behind the learner's login. 82_effects calls it when the
-- login changes.
create function private.set_learner_person(p_learner public.learners)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.bookings
    set learner_person_id = coalesce(p_learner.user_id, p_learner.id)
    where org_id = p_learner.org_id
        and learner_id = p_learner.id;
    update public.code_redemptions
    set learner_person_id = coalesce(p_learner.user_id, p_learner.id)
    where org_id = p_learner.org_id
        and learner_id = p_learner.id;
end;
$$;

-- Makes the instructor's calendar that of the person behind the instructor's login. 82_effects calls it when the login changes.
create function private.set_instructor_person(p_instructor public.instructors)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update private.instructor_calendar
    set person_id = coalesce(p_instructor.user_id, p_instructor.id)
    where org_id = p_instructor.org_id
        and instructor_id = p_instructor.id;
end;
$$;
