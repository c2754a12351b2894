-- The fraction that goes back when a booking ends early: by the policy frozen with it when the learner or a guardian cancels what
-- is confirmed, nothing when the learner does not come, else all.
create function private.ending_bps(p_booking public.bookings, p_ended_by public.booking_party, p_is_no_show boolean)
    returns integer
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select case
        when p_booking.status not in ('confirmed', 'in_progress') then 10000
        when p_is_no_show then case p_ended_by when 'learner' then 0 else 10000 end
        when p_ended_by in ('learner', 'guardian') then private.refund_bps(p_booking)
        else 10000
    end;
$$;
