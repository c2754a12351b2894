-- Ends a booking's reservation of prepaid minutes: restores p_restored_minutes to their lots and consumes the rest.
create function private.consume_credit(p_booking_id uuid, p_restored_minutes integer)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    part private.credit_part;
begin
    perform
    from public.learner_credits credit
    where credit.id in (select reserved.credit_id from private.reserved_credit(p_booking_id) reserved)
    order by credit.id
    for no key update;

    for part in
        select restored.* from private.restored_credit(p_booking_id, p_restored_minutes) restored
    loop
        perform private.add_credit_entry(part, 'restore', p_booking_id, null);
    end loop;
    for part in
        select rest.* from private.reserved_credit(p_booking_id) rest
    loop
        perform private.post_credit_consumed(private.add_credit_entry(part, 'consume', p_booking_id, null));
    end loop;
end;
$$;

-- The minutes that a booking still has reserved, by lot.
create function private.reserved_credit(p_booking_id uuid)
    returns setof private.credit_part
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
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

-- What restoring so many of a booking's reserved minutes gives back to which lot, in the order of the lots' ids. Within a lot
-- every amount is divided in proportion, and what is consumed is what is rounded.
create function private.restored_credit(p_booking_id uuid, p_minutes integer)
    returns setof private.credit_part
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        part.credit_id,
        part.minutes - part.kept_minutes,
        part.share_cents - private.prorate(part.share_cents, part.kept_minutes, part.minutes),
        part.fee_cents - private.prorate(part.fee_cents, part.kept_minutes, part.minutes),
        part.discount_cents - private.prorate(part.discount_cents, part.kept_minutes, part.minutes)
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

-- Posts consumed or expired minutes to the ledger: what was deferred at the purchase is earned.
create function private.post_credit_consumed(p_entry public.credit_entries)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        p_entry.org_id, 'credit_consumed', 'credit_entry', p_entry.id, format('credit_entry:%s:consumed', p_entry.id),
        credit.currency, p_entry.created_at,
        array[
            row('learner_prepaid', null, p_entry.share_cents),
            row('deferred_fees', null, p_entry.fee_cents),
            row('deferred_promotions', null, -p_entry.discount_cents),
            row('instructor_pending', credit.instructor_id, -p_entry.share_cents),
            row('platform_fees', null, -p_entry.fee_cents),
            row('promotions', null, p_entry.discount_cents)
        ]::private.posting[]
    )
    from public.learner_credits credit
    where credit.org_id = p_entry.org_id
        and credit.id = p_entry.credit_id;
$$;
