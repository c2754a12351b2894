-- The parts of a learner's lots that would pay for a lesson, oldest lot first; no row if they do not suffice. A lot pays for its
-- one service, or for lessons at the hourly rate; always in its currency.
create function private.plan_credit(
    p_learner_id uuid,
    p_instructor_id uuid,
    p_service_id uuid,
    p_is_hourly boolean,
    p_currency text,
    p_minutes integer
)
    returns setof private.credit_part
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
    parts private.credit_part[] := '{}';
    missing integer := p_minutes;
begin
    for credit in
        select lot.*
        from public.learner_credits lot
        where lot.learner_id = p_learner_id
            and lot.instructor_id = p_instructor_id
            and lot.status = 'active'
            and lot.currency = p_currency
            and lot.minutes_left > 0
            and (lot.expires_at is null or private.clock() < lot.expires_at)
            and (lot.service_id = p_service_id or (lot.service_id is null and p_is_hourly))
        order by lot.activated_at, lot.id
    loop
        parts := parts || private.next_credit_part(credit, least(missing, credit.minutes_left));
        missing := missing - least(missing, credit.minutes_left);
        exit when missing = 0;
    end loop;

    if missing = 0 then
        return query select part.* from unnest(parts) part;
    end if;
end;
$$;

-- The next minutes of a lot and their part of its price: the price of all minutes taken so far and these, less what has been
-- taken for the earlier ones, so that no cent is lost by rounding. If restored parts were rounded to less, a part can come out
-- below zero; it is nothing then, and later minutes make up for it.
create function private.next_credit_part(p_credit public.learner_credits, p_minutes integer)
    returns private.credit_part
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(
        p_credit.id,
        p_minutes,
        greatest(
            private.prorate(p_credit.instructor_share_cents, taken.minutes, p_credit.minutes_purchased)
            - p_credit.taken_share_cents,
            0
        ),
        greatest(
            private.prorate(p_credit.platform_fee_cents, taken.minutes, p_credit.minutes_purchased)
            - p_credit.taken_fee_cents,
            0
        ),
        greatest(
            private.prorate(p_credit.discount_cents, taken.minutes, p_credit.minutes_purchased)
            - p_credit.taken_discount_cents,
            0
        )
    )::private.credit_part
    from (select p_credit.minutes_purchased - p_credit.minutes_left + p_minutes as minutes) taken;
$$;

-- The minutes that lost disputes have taken from a lot, and their part of its price.
create function private.lost_minutes(p_credit_id uuid)
    returns private.credit_part
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(
        p_credit_id,
        coalesce(sum(signed.factor * entry.minutes), 0),
        coalesce(sum(signed.factor * entry.share_cents), 0),
        coalesce(sum(signed.factor * entry.fee_cents), 0),
        coalesce(sum(signed.factor * entry.discount_cents), 0)
    )::private.credit_part
    from public.credit_entries entry
    cross join lateral (select case entry.kind when 'dispute' then 1 else -1 end as factor) signed
    where entry.credit_id = p_credit_id
        and entry.kind in ('dispute', 'dispute_reversed');
$$;
