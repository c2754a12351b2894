-- Puts a slot into its instructor's calendar, buffers included. True if the slot is in the calendar afterwards; false if the
-- instructor is busy. It relies on "on conflict do nothing", because an insert that catches the violation deadlocks in a race.
-- The instructor's row is locked, because accepting an invitation would change person_id. Called when a booking takes a seat.
create function private.occupy_instructor(p_slot public.bookable_slots)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into private.instructor_calendar (org_id, instructor_id, person_id, slot_id, during)
    select
        instructor.org_id,
        instructor.id,
        coalesce(instructor.user_id, instructor.id),
        p_slot.id,
        tstzrange(
            p_slot.start_at - make_interval(mins => instructor.buffer_before_minutes),
            p_slot.end_at + make_interval(mins => instructor.buffer_after_minutes)
        )
    from public.instructors instructor
    where instructor.org_id = p_slot.org_id
        and instructor.id = p_slot.instructor_id
    for key share
    on conflict do nothing;

    return found or (
        p_slot.max_bookings > 1
        and exists (
            select
            from private.instructor_calendar calendar
            where calendar.org_id = p_slot.org_id
                and calendar.slot_id = p_slot.id
        )
    );
end;
$$;

-- A booked slot keeps its time, service and instructor, in Studio too: its bookings and the calendar copied them. With its last
-- booking it may get another length.
-- Definer: the writer may have no access to private.
create function private.forbid_moving_taken_slot()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if old.current_bookings > 0
        and (
            (new.start_at, new.service_id, new.instructor_id) <> (old.start_at, old.service_id, old.instructor_id)
            or (new.end_at <> old.end_at and new.current_bookings > 0)
        )
    then
        perform private.refuse(
            'PT409', 'slot_is_booked',
            'This slot is booked, so its time, service and instructor cannot change.',
            'Publish another slot, and reschedule the booking to it.'
        );
    end if;
    return new;
end;
$$;

create trigger forbid_moving_taken_slot
    before update on public.bookable_slots
    for each row execute function private.forbid_moving_taken_slot();
