-- The minutes that a booking keeps reserved, by lot.
create function private.reserved_credit(p_booking_id uuid)
    returns setof private.credit_part
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select
        entry.credit_id,
        sum(signed.factor * entry.minutes)::integer,
        sum(signed.factor * entry.share_cents)::bigint,
        sum(signed.factor * entry.fee_cents)::bigint,
        sum(signed.factor * entry.discount_cents)::bigint
    from public.credit_entries entry
    cross join lateral (select case entry.kind when 'reserve' then 1 else -1 end as factor) signed
    where entry.booking_id = p_booking_id
    group by entry.credit_id
    having sum(signed.factor * entry.minutes) > 0
    order by entry.credit_id;
$$;
