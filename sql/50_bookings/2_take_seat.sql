-- Lets a booking in only if its slot has a seat and its instructor is free, whoever writes it. A booking's time, service and
-- instructor are its slot's, and it does not come back to a slot that was changed since, even a moment ago. For a group the
-- slot is locked first, so that seats are counted one learner at a time.
-- Definer: the writer needs no access to slots or the calendar.
create function private.take_seat()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    slot public.bookable_slots;
begin
    if not private.occupies_slot(new.status) or (tg_op = 'UPDATE' and private.occupies_slot(old.status)) then
        return new;
    end if;

    select * into strict slot from public.bookable_slots where id = new.slot_id;
    if slot.max_bookings > 1 then
        select * into strict slot from public.bookable_slots where id = new.slot_id for no key update;
    end if;

    if tg_op = 'INSERT' then
        new.start_at := slot.start_at;
        new.end_at := slot.end_at;
        new.service_id := slot.service_id;
        new.instructor_id := slot.instructor_id;
        new.is_group := slot.max_bookings > 1;
    end if;

    if (new.start_at, new.end_at, new.service_id, new.instructor_id)
        <> (slot.start_at, slot.end_at, slot.service_id, slot.instructor_id)
        or not private.occupy_instructor(slot)
    then
        perform private.refuse_taken_slot();
    end if;
    update public.bookable_slots
    set current_bookings = current_bookings + 1
    where id = slot.id
        and (start_at, end_at, service_id, instructor_id) = (slot.start_at, slot.end_at, slot.service_id, slot.instructor_id)
        and max_bookings = slot.max_bookings
        and current_bookings < max_bookings;
    if not found then
        perform private.refuse_taken_slot();
    end if;
    return new;
end;
$$;
