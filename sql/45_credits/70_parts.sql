-- The parts of a learner's lots that would pay for a lesson, or for as much of it as they have minutes. The lot that expires first comes
-- first, then the one that was bought first. A lot pays for its one service, or for lessons at the hourly rate; always in its currency.
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
        order by lot.expires_at nulls last, lot.created_at, lot.id
    loop
        exit when missing = 0;
        return next private.next_credit_part(credit, least(missing, credit.minutes_left));
        missing := missing - least(missing, credit.minutes_left);
    end loop;
end;
$$;

-- The minutes of a lot from one to another, with their part of its price. Parts are cumulative: no cent is lost by rounding, however a
-- lot is divided.
create function private.credit_part_between(p_credit public.learner_credits, p_from_minutes integer, p_to_minutes integer)
    returns private.credit_part
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(
        p_credit.id,
        p_to_minutes - p_from_minutes,
        private.prorate(p_credit.instructor_share_cents, p_to_minutes, p_credit.minutes_purchased)
        - private.prorate(p_credit.instructor_share_cents, p_from_minutes, p_credit.minutes_purchased),
        private.prorate(p_credit.platform_fee_cents, p_to_minutes, p_credit.minutes_purchased)
        - private.prorate(p_credit.platform_fee_cents, p_from_minutes, p_credit.minutes_purchased),
        private.prorate(p_credit.discount_cents, p_to_minutes, p_credit.minutes_purchased)
        - private.prorate(p_credit.discount_cents, p_from_minutes, p_credit.minutes_purchased)
    )::private.credit_part;
$$;

-- What the minutes of an entry come to: what the learner paid for them.
create function private.entry_cents(p_entry public.credit_entries)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_entry.share_cents + p_entry.fee_cents - p_entry.discount_cents;
$$;

-- What a part of a lot's price comes to: what the learner paid for these minutes.
create function private.credit_part_cents(p_part private.credit_part)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_part.share_cents + p_part.fee_cents - p_part.discount_cents;
$$;

-- The next minutes of a lot, with their part of its price: what all minutes gone and these are worth, less what the gone ones are.
create function private.next_credit_part(p_credit public.learner_credits, p_minutes integer)
    returns private.credit_part
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.credit_part_between(p_credit, gone.minutes, gone.minutes + p_minutes)
    from (select p_credit.minutes_purchased - p_credit.minutes_left as minutes) gone;
$$;

-- The last minutes that left a lot, with their part of its price: what comes back when so many minutes do.
create function private.last_credit_part(p_credit public.learner_credits, p_minutes integer)
    returns private.credit_part
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.credit_part_between(p_credit, gone.minutes - p_minutes, gone.minutes)
    from (select p_credit.minutes_purchased - p_credit.minutes_left as minutes) gone;
$$;
