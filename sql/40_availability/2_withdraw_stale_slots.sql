-- When opening hours change, withdraws the free future slots that they do not give any more; booked ones stay.
-- Definer: slots change only through functions.
create function private.withdraw_stale_slots()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    changed_instructor_id uuid := case tg_op when 'DELETE' then old.instructor_id else new.instructor_id end;
begin
    update public.bookable_slots slot
    set is_published = false
    from (
        select
            free.service_id,
            min(free.start_at) as first_at,
            max(free.start_at) as last_at
        from public.bookable_slots free
        where free.instructor_id = changed_instructor_id
            and free.start_at > private.clock()
            and free.is_published
            and free.current_bookings = 0
        group by free.service_id
    ) offered
    where slot.instructor_id = changed_instructor_id
        and slot.service_id = offered.service_id
        and slot.start_at between offered.first_at and offered.last_at
        and slot.is_published
        and slot.current_bookings = 0
        and slot.start_at not in (
            select slot_time.start_at
            from private.slot_times(
                offered.service_id, changed_instructor_id, offered.first_at, offered.last_at + interval '1 second'
            ) slot_time
        );
    return null;
end;
$$;
