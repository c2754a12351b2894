-- The instructor accepts a request: the learner has time to pay, or the booking is confirmed when nothing is due.
-- Definer: bookings change only through functions.
create function private.confirm_booking(p_booking_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_booking_request(p_booking_id);
begin
    update public.bookings
    set status = case when booking.due_cents = 0 then 'confirmed' else 'held' end::public.booking_status,
        hold_expires_at = case
            when booking.due_cents > 0 then least(
                private.clock() + make_interval(hours => service.approval_hours),
                booking.start_at
            )
        end
    from public.services service
    where bookings.id = booking.id
        and service.id = booking.service_id;
end;
$$;

-- The instructor turns a request down; its time is free again. Definer: bookings change only through functions.
create function private.decline_booking(p_booking_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_booking_request(p_booking_id);
begin
    update public.bookings
    set status = 'declined',
        hold_expires_at = null,
        cancellation_reason = left(p_reason, 2000)
    where id = booking.id;
end;
$$;

-- The request of a booking, locked, for its instructor or an admin to answer in time.
create function private.require_booking_request(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_taught_booking(p_booking_id);
begin
    if booking.status <> 'requested' or booking.hold_expires_at <= private.clock() then
        perform private.refuse(
            'PT409', 'booking_not_requested',
            format('This booking is %s, so there is nothing to answer.', booking.status),
            'Only a request that has not expired can be confirmed or declined.'
        );
    end if;
    return booking;
end;
$$;

-- The booking, locked, if the caller gives it or administers its organization. A foreign one is as unknown as one that
-- does not exist.
create function private.require_taught_booking(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    booking public.bookings;
begin
    perform private.require_person();
    select * into booking
    from public.bookings
    where id = p_booking_id
        and (
            instructor_id = any (private.my_instructor_ids())
            or org_id = any (private.my_admin_org_ids())
        )
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'There is no such booking among those you give.',
            'Check the id, and that you are signed in as the instructor.'
        );
    end if;
    return booking;
end;
$$;
