-- Refuses a slot that is not listed as open at this instant. A daily cap is counted under the instructor's lock, since no
-- constraint could count it.
create function private.check_slot_is_open(p_slot public.bookable_slots, p_instructor public.instructors)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if p_instructor.daily_cap is not null then
        perform from public.instructors where id = p_instructor.id for no key update;
    end if;

    if not exists (
        select
        from private.open_slots(
            p_slot.instructor_id, p_slot.service_id, p_slot.start_at, p_slot.start_at + interval '1 second'
        ) open_slot
        where open_slot.start_at = p_slot.start_at
    ) then
        perform private.refuse_taken_slot();
    end if;
end;
$$;
