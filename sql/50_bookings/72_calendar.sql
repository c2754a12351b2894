-- Enters a booking into the calendars of its instructor and its learner, or gives what it has there its present deadline. A proposal
-- leaves its learner free until it is accepted. Another school may have taken the time of a hold that was overdue: then it is entered
-- again, or refused. Called by take_seat.
create function private.occupy_persons(p_booking public.bookings, p_slot public.bookable_slots, p_keeps_seat boolean)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    teaches_until constant timestamptz := greatest(
        private.occupies_until(p_booking.status, p_booking.hold_expires_at),
        case when p_slot.max_bookings > 1 then private.slot_occupied_until(p_slot.id, p_booking.id) end
    );
    wanted private.person_calendar[] := '{}';
    entered_ids uuid[];
begin
    update private.person_calendar
    set expires_at = teaches_until
    where org_id = p_slot.org_id
        and slot_id = p_slot.id
        and (p_keeps_seat or p_slot.max_bookings > 1);
    if not found then
        wanted := wanted || private.teaching_time(p_booking, p_slot, teaches_until);
    end if;

    if p_booking.status <> 'proposed' then
        update private.person_calendar
        set expires_at = private.occupies_until(p_booking.status, p_booking.hold_expires_at)
        where org_id = p_booking.org_id
            and booking_id = p_booking.id;
        if not found then
            wanted := wanted || private.learning_time(p_booking);
        end if;
    end if;

    entered_ids := private.occupy(wanted);
    if exists (select from unnest(wanted) missing where missing.slot_id is not null and missing.id <> all (entered_ids)) then
        perform private.refuse_taken_slot();
    end if;
    if cardinality(entered_ids) < cardinality(wanted) then
        perform private.refuse_busy_learner();
    end if;
end;
$$;

-- Until when a booking occupies its persons, unless it ends: a hold until its deadline.
create function private.occupies_until(p_status public.booking_status, p_hold_expires_at timestamptz)
    returns timestamptz
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case when p_status in ('proposed', 'held', 'requested') then p_hold_expires_at else 'infinity' end;
end;
$$;

-- Until when the bookings of a slot, but for p_leaving_out, occupy its instructor; null if there are none.
create function private.slot_occupied_until(p_slot_id uuid, p_leaving_out uuid)
    returns timestamptz
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select max(private.occupies_until(booking.status, booking.hold_expires_at))
        from public.bookings booking
        where booking.slot_id = p_slot_id
            and booking.id is distinct from p_leaving_out
            and private.occupies_slot(booking.status)
    );
end;
$$;

-- The time for which a slot occupies its instructor, buffers included. A replacement of a lesson for one may overlap it until it is paid;
-- a group is a chain of its own. The instructor's row is locked, because accepting an invitation would change the person.
create function private.teaching_time(p_booking public.bookings, p_slot public.bookable_slots, p_expires_at timestamptz)
    returns private.person_calendar
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    teaching private.person_calendar;
begin
    select
        instructor.org_id,
        coalesce(instructor.user_id, instructor.id),
        instructor.id,
        tstzrange(
            p_slot.start_at - make_interval(mins => instructor.buffer_before_minutes),
            p_slot.end_at + make_interval(mins => instructor.buffer_after_minutes)
        )
    into teaching.org_id, teaching.person_id, teaching.instructor_id, teaching.during
    from public.instructors instructor
    where instructor.org_id = p_slot.org_id
        and instructor.id = p_slot.instructor_id
    for key share;

    teaching.id := gen_random_uuid();
    teaching.slot_id := p_slot.id;
    teaching.expires_at := p_expires_at;
    teaching.chain_id := case
        when p_slot.max_bookings > 1 then p_slot.id
        else coalesce(
            (
                select calendar.chain_id
                from public.bookings original
                join private.person_calendar calendar on calendar.org_id = original.org_id and calendar.slot_id = original.slot_id
                where original.org_id = p_booking.org_id
                    and original.id = p_booking.original_booking_id
                    and not original.is_group
            ),
            p_booking.id
        )
    end;
    return teaching;
end;
$$;

-- The time for which a booking occupies its learner, in the chain of its original if that still stands.
create function private.learning_time(p_booking public.bookings)
    returns private.person_calendar
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    learning private.person_calendar;
begin
    learning.id := gen_random_uuid();
    learning.org_id := p_booking.org_id;
    learning.person_id := p_booking.learner_person_id;
    learning.learner_id := p_booking.learner_id;
    learning.booking_id := p_booking.id;
    learning.during := tstzrange(p_booking.start_at, p_booking.end_at);
    learning.expires_at := private.occupies_until(p_booking.status, p_booking.hold_expires_at);
    learning.chain_id := coalesce(
        (
            select calendar.chain_id
            from private.person_calendar calendar
            where calendar.org_id = p_booking.org_id
                and calendar.booking_id = p_booking.original_booking_id
        ),
        p_booking.id
    );
    return learning;
end;
$$;

-- Removes a booking that ended from the calendars: its learner's time, and its instructor's with the last seat. Called by free_seat.
create function private.leave_calendars(p_booking public.bookings, p_seats_taken integer)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    delete from private.person_calendar
    where org_id = p_booking.org_id
        and (booking_id = p_booking.id or (slot_id = p_booking.slot_id and p_seats_taken = 0));

    if p_seats_taken > 0 then
        update private.person_calendar
        set expires_at = private.slot_occupied_until(p_booking.slot_id, null)
        where org_id = p_booking.org_id
            and slot_id = p_booking.slot_id;
    end if;
end;
$$;

-- The original that a replacement may overlap until it is paid: a lesson for one, replaced by a lesson for one.
create function private.overlappable_original(p_original_booking_id uuid)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select original.id
        from public.bookings original
        join public.services service on service.org_id = original.org_id and service.id = original.service_id
        where original.id = p_original_booking_id
            and not original.is_group
            and service.max_participants = 1
    );
end;
$$;

-- Refuses a lesson at a time when its learner teaches, learns or is busy.
create function private.refuse_busy_learner()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'learner_busy',
        'The learner has another lesson at that time.',
        'Choose a time that does not overlap it, or cancel or move the other lesson first.'
    );
end;
$$;
