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
