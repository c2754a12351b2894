-- Confirms a booking that has been paid for, also one that expired while its time is still free. False means that the
-- money has to go back: the time is gone, the lesson has begun, the booking was ended or paid before, or the one that was
-- rescheduled to it was ended meanwhile.
create function private.confirm_paid_booking(p_booking_id uuid)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    booking public.bookings;
    refusal text;
begin
    select * into strict booking from public.bookings where id = p_booking_id for no key update;

    if booking.status not in ('held', 'expired') or booking.start_at <= private.clock() then
        return false;
    end if;
    if booking.moved_from_id is not null and not private.leave_booking(booking.moved_from_id, 'learner') then
        return false;
    end if;
    if booking.status = 'expired' then
        perform private.expire_holds(booking.slot_id, booking.learner_person_id);
    end if;

    update public.bookings
    set status = 'confirmed',
        hold_expires_at = null
    where id = p_booking_id;
    return true;
exception
    when exclusion_violation or unique_violation then
        return false;
    when sqlstate 'PT409' then
        get stacked diagnostics refusal = pg_exception_detail;
        if refusal::jsonb ->> 'code' = 'slot_taken' then
            return false;
        end if;
        raise;
end;
$$;
