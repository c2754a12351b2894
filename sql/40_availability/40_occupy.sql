-- Puts a slot into its instructor's calendar, buffers included, and says whether the slot is in it now.
-- Written with "on conflict do nothing": a plain insert that catches the violation deadlocks under a race. The instructor is
-- locked for the person's sake, whom an invitation that is accepted right now would change.
create function private.occupy_instructor(p_slot public.bookable_slots)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = ''
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
    where instructor.id = p_slot.instructor_id
    for key share
    on conflict do nothing;

    return found or (
        p_slot.max_bookings > 1
        and exists (select from private.instructor_calendar calendar where calendar.slot_id = p_slot.id)
    );
end;
$$;

-- A slot that somebody has booked keeps its time, its service and its instructor, in Studio too: bookings and the calendar
-- were made for them. Definer: the writer may have no access to private.
create function private.forbid_moving_taken_slot()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if old.current_bookings > 0
        and (new.start_at, new.end_at, new.service_id, new.instructor_id)
            <> (old.start_at, old.end_at, old.service_id, old.instructor_id)
    then
        perform private.refuse(
            'PT409', 'slot_is_booked',
            'That time has been booked, so it cannot be moved.',
            'Publish another time, and move the booking to it.'
        );
    end if;
    return new;
end;
$$;

create trigger forbid_moving_taken_slot
    before update on public.bookable_slots
    for each row execute function private.forbid_moving_taken_slot();
