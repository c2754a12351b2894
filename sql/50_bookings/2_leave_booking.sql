-- Ends a booking that was rescheduled to another one, which its payments go along to. False if it is not confirmed any more.
create function private.leave_booking(p_booking_id uuid, p_party public.booking_party)
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
        is_moved = true,
        refund_bps = 0,
        returned_cents = 0,
        returned_minutes = case when credit_applied_cents > 0 then extract(epoch from end_at - start_at) / 60 else 0 end,
        kept_share_cents = 0
    where id = p_booking_id
        and status = 'confirmed';
    return found;
end;
$$;
