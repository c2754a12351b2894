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
    if booking.original_booking_id is not null and not private.end_original_booking(booking.original_booking_id, 'learner') then
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

-- Ends a booking that was rescheduled to another one, which its payments go along to. False if it is not confirmed any more.
create function private.end_original_booking(p_booking_id uuid, p_party public.booking_party)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    update public.bookings
    set status = 'cancelled',
        cancelled_by = p_party,
        cancelled_at = private.clock(),
        cancellation_reason = 'Rescheduled.',
        is_rescheduled = true,
        refund_bps = 0,
        cancellation_refund_cents = 0,
        restored_minutes = case when credit_applied_cents > 0 then extract(epoch from end_at - start_at) / 60 else 0 end,
        kept_share_cents = 0
    where id = p_booking_id
        and status = 'confirmed';
    return found;
end;
$$;
