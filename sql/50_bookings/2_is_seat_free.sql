-- An unlocked look: is a seat left, and is the instructor not taken by something else?
create function private.is_seat_free(p_slot_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select slot.current_bookings < slot.max_bookings
        and not exists (
            select
            from private.instructor_calendar calendar
            where calendar.person_id = coalesce(instructor.user_id, instructor.id)
                and calendar.slot_id is distinct from slot.id
                and calendar.during && tstzrange(
                    slot.start_at - make_interval(mins => instructor.buffer_before_minutes),
                    slot.end_at + make_interval(mins => instructor.buffer_after_minutes)
                )
        )
    from public.bookable_slots slot
    join public.instructors instructor on instructor.id = slot.instructor_id
    where slot.id = p_slot_id;
$$;
