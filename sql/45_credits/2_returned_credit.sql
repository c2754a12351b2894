-- The parts of a booking's reserved minutes that would be returned, lot by lot in the order of their ids: all parts of a lot
-- are divided in proportion, what is kept being rounded.
create function private.returned_credit(p_booking_id uuid, p_minutes integer)
    returns setof private.credit_part
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select
        part.credit_id,
        part.minutes - part.kept_minutes,
        part.share_cents - private.proportion_cents(part.share_cents, part.kept_minutes, part.minutes),
        part.fee_cents - private.proportion_cents(part.fee_cents, part.kept_minutes, part.minutes),
        part.discount_cents - private.proportion_cents(part.discount_cents, part.kept_minutes, part.minutes)
    from (
        select
            reserved.*,
            least(
                greatest(sum(reserved.minutes) over (order by reserved.credit_id) - p_minutes, 0),
                reserved.minutes
            )::integer as kept_minutes
        from private.reserved_credit(p_booking_id) reserved
    ) part
    where part.minutes > part.kept_minutes;
$$;
