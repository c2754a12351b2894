-- Creates the row of a new booking's instructor notes, and lets instructor and learner see each other. The pair is locked before any
-- lot and any balance, because its contact window changes when the booking is confirmed or ends. 82_effects calls it.
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
    perform
    from public.instructor_learners pair
    where pair.org_id = p_booking.org_id
        and pair.instructor_id = p_booking.instructor_id
        and pair.learner_id = p_booking.learner_id
    for no key update;
end;
$$;

-- Opens the learner's contact data to the instructor when a booking is confirmed or its request accepted, until 90 days after the
-- lesson; a booking that ends without a lesson opens nothing. 82_effects calls it.
create function private.set_contact_window(p_before public.bookings, p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.instructor_learners pair
    set contact_until = lasting.contact_until
    from (
        select case
            when p_booking.status = 'confirmed' or (p_before.status, p_booking.status) = ('requested', 'held')
                then greatest(known.contact_until, p_booking.end_at + interval '90 days')
            when p_booking.status in ('cancelled', 'declined', 'expired') and known.contact_until is not null then (
                select max(booking.end_at) + interval '90 days'
                from public.bookings booking
                where booking.org_id = known.org_id
                    and booking.instructor_id = known.instructor_id
                    and booking.learner_id = known.learner_id
                    and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show')
            )
            else known.contact_until
        end as contact_until
        from public.instructor_learners known
        where known.org_id = p_booking.org_id
            and known.instructor_id = p_booking.instructor_id
            and known.learner_id = p_booking.learner_id
    ) lasting
    where pair.org_id = p_booking.org_id
        and pair.instructor_id = p_booking.instructor_id
        and pair.learner_id = p_booking.learner_id
        and pair.contact_until is distinct from lasting.contact_until;
end;
$$;

-- Makes the learner's bookings, used discounts and times count for the person behind the learner's login. 82_effects calls it when the
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
    perform private.move_calendar(p_learner.org_id, p_learner.id, coalesce(p_learner.user_id, p_learner.id));
end;
$$;

-- Tells the admins of an organization that an instructor has left whose lessons ahead nobody gives now. 82_effects calls it.
create function private.report_lessons_ahead(p_instructor public.instructors)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    lessons_ahead constant bigint := (
        select count(*)
        from public.bookings booking
        where booking.org_id = p_instructor.org_id
            and booking.instructor_id = p_instructor.id
            and booking.status in ('proposed', 'held', 'requested', 'confirmed', 'in_progress')
            and booking.end_at > private.clock()
    );
begin
    if lessons_ahead > 0 then
        perform private.raise_alert(
            p_instructor.org_id, null, 'lessons_without_instructor',
            format(
                'An instructor has left. Lessons ahead that nobody gives now: %s. Give them to other '
                'instructors, or cancel them, which refunds the learners in full.',
                lessons_ahead
            ),
            'instructors', p_instructor.id, format('instructor:%s:left:%s', p_instructor.id, extract(epoch from private.clock()))
        );
    end if;
end;
$$;

-- Whether somebody can answer for a learner: the learner by a login, or a guardian who may book. A learner without either is the school's.
create function private.is_learner_reachable(p_learner_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.learners learner
        where learner.id = p_learner_id
            and learner.user_id is not null
    ) or exists (
        select
        from public.learner_guardians link
        join public.guardians guardian on guardian.id = link.guardian_id
        where link.learner_id = p_learner_id
            and link.can_book
            and p_learner_id = any (private.ward_ids(guardian.user_id, 'book'))
    );
$$;

-- Whether the caller speaks for a learner: as the learner, or as a guardian who may book.
create function private.may_answer_for(p_learner_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(
        p_learner_id = any (private.my_learner_ids()) or p_learner_id = any (private.ward_ids(private.my_user_id(), 'book')), false
    );
end;
$$;
