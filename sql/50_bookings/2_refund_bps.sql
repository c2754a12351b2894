-- The fraction that a learner gets back who cancels a booking now, in basis points: of the tier with the longest notice that is
-- kept; nothing once the lesson has begun.
create function private.refund_bps(p_booking public.bookings)
    returns integer
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select coalesce(
        (
            select tier.refund_bps
            from public.cancellation_tiers tier
            where tier.policy_id = p_booking.cancellation_policy_id
                and private.clock() <= p_booking.start_at - make_interval(mins => tier.notice_minutes)
                and private.clock() < p_booking.start_at
            order by tier.notice_minutes desc
            limit 1
        ),
        0
    );
$$;
