-- What ending a booking early gives back, and what is kept of it, if this fraction goes back: of money, of prepaid minutes, or
-- of a share that the platform bears. What was never confirmed gives everything back,
-- that is what was paid for the booking that was given up for it.
create function private.judge_ending(p_booking public.bookings, p_refund_bps integer)
    returns private.booking_ending
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    ending private.booking_ending;
    minutes constant integer := extract(epoch from p_booking.end_at - p_booking.start_at) / 60;
begin
    ending.refund_bps := p_refund_bps;
    select coalesce(sum(due.refund_cents), 0), coalesce(sum(due.kept_cents), 0), coalesce(sum(due.kept_share_cents), 0)
    into ending.returned_cents, ending.kept_cents, ending.kept_share_cents
    from private.refunds_due(p_booking.id, p_refund_bps) due;
    ending.returned_minutes := 0;

    if p_booking.status not in ('confirmed', 'in_progress') then
        ending.kept_share_cents := 0;
        select coalesce(
            sum(case paid.status when 'authorized' then paid.amount_cents else private.refundable_cents(paid) end), 0
        )
        into ending.returned_cents
        from public.bookings moved
        join public.payments paid on paid.booking_id = moved.id
        where moved.id = p_booking.moved_from_id
            and moved.is_moved
            and paid.is_accepted
            and paid.status in ('authorized', 'succeeded');
    elsif p_booking.total_cents = 0 and p_booking.credit_applied_cents = 0 then
        ending.kept_share_cents := p_booking.instructor_share_cents
            - private.proportion_cents(p_booking.instructor_share_cents, p_refund_bps, 10000);
    end if;
    if exists (select from private.reserved_credit(p_booking.id)) then
        ending.returned_minutes := private.proportion_cents(minutes, p_refund_bps, 10000);
        select p_booking.instructor_share_cents - coalesce(sum(returned.share_cents), 0) into ending.kept_share_cents
        from private.returned_credit(p_booking.id, ending.returned_minutes) returned;
    end if;
    return ending;
end;
$$;
