-- A payment that its bank is still processing keeps the booking's time until the lesson; when it comes back unpaid, the
-- learner has the checkout minutes once more.
create function private.keep_hold_while_processing(p_booking_id uuid, p_status public.payment_status)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    update public.bookings booking
    set hold_expires_at = case p_status
        when 'processing' then booking.start_at
        else least(
            booking.hold_expires_at,
            private.clock() + make_interval(mins => organization.checkout_hold_minutes)
        )
    end
    from public.organizations organization
    where booking.id = p_booking_id
        and organization.id = booking.org_id
        and booking.status = 'held';
$$;
