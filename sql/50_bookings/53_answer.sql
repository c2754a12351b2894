-- The instructor accepts a request: the learner then has the service's approval hours to pay, and longer for a lesson that is charged
-- later; or the booking is confirmed at once if nothing is due. Not if the instructor could not be booked any more. Definer: bookings
-- change only through functions.
create function private.confirm_booking(p_booking_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_booking_request(p_booking_id);
    instructor public.instructors;
begin
    select * into strict instructor from public.instructors where org_id = booking.org_id and id = booking.instructor_id;
    if not private.is_bookable_instructor(instructor) then
        perform private.refuse_unavailable_instructor();
    end if;

    update public.bookings
    set status = case when booking.due_cents = 0 then 'confirmed' else 'held' end::public.booking_status,
        hold_expires_at = case
            when booking.due_cents > 0 then greatest(
                least(private.clock() + make_interval(hours => service.approval_hours), booking.start_at),
                case when booking.is_collected_later then private.held_for_collection_until(booking.start_at) end
            )
        end
    from public.services service
    where bookings.id = booking.id
        and service.id = booking.service_id;
end;
$$;

-- The instructor turns a request down, which frees its time. Definer: bookings change only through functions.
create function private.decline_booking(p_booking_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_booking_request(p_booking_id);
begin
    update public.bookings
    set status = 'declined',
        hold_expires_at = null,
        cancellation_reason = left(p_reason, 2000)
    where org_id = booking.org_id
        and id = booking.id;
end;
$$;

-- Returns the requested booking, locked, if the caller is its instructor or an admin and the request has not expired.
create function private.require_booking_request(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_taught_booking(p_booking_id);
begin
    if booking.status <> 'requested' or booking.hold_expires_at <= private.clock() then
        perform private.refuse(
            'PT409', 'booking_not_requested',
            format('This booking is %s, so it cannot be confirmed or declined.', booking.status),
            'Only a request that has not expired can be confirmed or declined.'
        );
    end if;
    return booking;
end;
$$;

-- Returns the booking, locked, if the caller is its instructor or an admin of its organization. Another booking is refused
-- exactly like one that does not exist. Lessons (55) use it too.
create function private.require_taught_booking(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    perform private.require_person();
    perform private.lock_bookings(array[p_booking_id]);
    select * into booking
    from public.bookings
    where id = p_booking_id
        and (
            instructor_id = any (private.my_instructor_ids())
            or org_id = any (private.my_admin_org_ids())
        );

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You are not the instructor of a booking with this id.',
            'Check the id, and that you are signed in as the instructor.'
        );
    end if;
    return booking;
end;
$$;
