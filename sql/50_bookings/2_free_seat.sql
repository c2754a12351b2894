-- Gives the seat back when a booking stops occupying it, and the instructor's time with the last one; a slot that was
-- withdrawn meanwhile is not offered again.
-- Definer: the writer needs no access to slots or the calendar.
create function private.free_seat()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    seats_taken integer;
begin
    if private.occupies_slot(old.status) and not private.occupies_slot(new.status) then
        update public.bookable_slots
        set current_bookings = current_bookings - 1,
            is_published = is_published and not (is_withdrawn_when_free and current_bookings = 1),
            is_withdrawn_when_free = is_withdrawn_when_free and current_bookings > 1
        where id = new.slot_id
        returning current_bookings into seats_taken;

        if seats_taken = 0 then
            delete from private.instructor_calendar where slot_id = new.slot_id;
        end if;
    end if;
    return null;
end;
$$;
