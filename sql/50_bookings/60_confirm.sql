-- Confirms a booking whose payment has arrived, even if it has expired, as long as its time is still free. False means that
-- the payment must be refunded: instructor or learner are taken, or the instructor takes no bookings any more, the lesson has started, the
-- booking was ended or paid before, or the original of a replacement is no longer confirmed. Called by accept_payment (60).
create function private.confirm_paid_booking(p_booking_id uuid)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
    instructor public.instructors;
    refusal text;
begin
    select * into strict booking from public.bookings where id = p_booking_id for no key update;
    select * into strict instructor from public.instructors where org_id = booking.org_id and id = booking.instructor_id;

    if booking.status not in ('held', 'expired') or booking.start_at <= private.clock() then
        return false;
    end if;
    if private.is_ended_item(booking.id) then
        return false;
    end if;
    if booking.hold_expires_at <= private.clock() and not private.is_bookable_instructor(instructor) then
        return false;
    end if;
    if booking.original_booking_id is not null then
        perform private.transfer_credit(original.id, booking.id)
        from public.bookings original
        where original.org_id = booking.org_id
            and original.id = booking.original_booking_id
            and original.status = 'confirmed';
        if not private.end_original_booking(
            booking.original_booking_id,
            case when booking.accepted_at is null then 'learner' else 'instructor' end::public.booking_party
        ) then
            return false;
        end if;
        perform private.move_item(booking.original_booking_id, booking.id, private.price_of_booking(booking));
    end if;
    if booking.status = 'expired' then
        perform private.expire_holds(booking.org_id, booking.slot_id, booking.learner_person_id);
    end if;

    update public.bookings
    set status = 'confirmed',
        hold_expires_at = null
    where id = p_booking_id;
    return true;
exception
    when unique_violation then
        return false;
    when sqlstate 'PT409' then
        get stacked diagnostics refusal = pg_exception_detail;
        if refusal::jsonb ->> 'code' in ('slot_taken', 'learner_busy') then
            return false;
        end if;
        raise;
end;
$$;

-- Cancels a booking that is rescheduled: its payments go to the replacement, and nothing is refunded. False if it is no longer
-- confirmed. Rescheduling (64) calls it for a replacement that needs no payment.
create function private.end_original_booking(p_booking_id uuid, p_party public.booking_party)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
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
        restored_minutes = credit_minutes,
        kept_share_cents = 0
    where id = p_booking_id
        and status = 'confirmed';
    return found;
end;
$$;

-- Whether a booking's item has ended: prepaid minutes that paid a part of it are back in their lots.
create function private.is_ended_item(p_booking_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (select from public.order_items item where item.booking_id = p_booking_id and item.ending is not null);
end;
$$;
