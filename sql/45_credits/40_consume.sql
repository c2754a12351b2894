-- Ends a booking's reservation of prepaid minutes: restores p_restored_minutes to their lots and consumes the rest, of the lot that
-- expires first to begin with. Returns what was restored, by lot. end_item (48) calls it.
create function private.consume_credit(p_booking_id uuid, p_restored_minutes integer)
    returns setof private.credit_part
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    reserved private.credit_part;
    part private.credit_part;
    to_consume integer := (
        select greatest(sum(held.minutes) - p_restored_minutes, 0) from private.reserved_credit(p_booking_id) held
    );
begin
    for reserved in
        select held.* from private.reserved_credit(p_booking_id) held
    loop
        part := private.restore_minutes(
            reserved.credit_id, reserved.minutes - least(to_consume, reserved.minutes), p_booking_id, 'restore'
        );
        to_consume := to_consume - (reserved.minutes - part.minutes);
        reserved.minutes := reserved.minutes - part.minutes;
        if part.minutes > 0 then
            return next part;
        end if;
        if reserved.minutes > 0 then
            perform private.add_credit_entry(
                row(
                    reserved.credit_id, reserved.minutes, greatest(reserved.share_cents - part.share_cents, 0),
                    greatest(reserved.fee_cents - part.fee_cents, 0), greatest(reserved.discount_cents - part.discount_cents, 0)
                )::private.credit_part,
                'consume', p_booking_id
            );
        end if;
    end loop;
end;
$$;

-- Restores so many of the minutes that a booking has used to their lots. Returns what was restored, by lot. 48_orders calls it.
create function private.give_back_credit(p_booking_id uuid, p_minutes integer)
    returns setof private.credit_part
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    used record;
    part private.credit_part;
    missing integer := p_minutes;
begin
    for used in
        select lot.credit_id, lot.minutes from private.used_credit(p_booking_id) lot
    loop
        part := private.restore_minutes(used.credit_id, least(missing, used.minutes), p_booking_id, 'give_back');
        missing := missing - part.minutes;
        if part.minutes > 0 then
            return next part;
        end if;
    end loop;
end;
$$;

-- Restores minutes that a booking reserved (restore) or has used (give_back) to a lot, at what they are worth there. Minutes restored to
-- a lot that has expired can be used for 30 days more.
create function private.restore_minutes(p_credit_id uuid, p_minutes integer, p_booking_id uuid, p_kind public.credit_entry_kind)
    returns private.credit_part
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
    part private.credit_part;
begin
    select * into strict credit from public.learner_credits where id = p_credit_id for no key update;
    part := private.last_credit_part(credit, p_minutes);
    if p_minutes = 0 then
        return part;
    end if;

    perform private.add_credit_entry(part, p_kind, p_booking_id);
    update public.learner_credits
    set expires_at = private.clock() + interval '30 days'
    where org_id = credit.org_id
        and id = credit.id
        and expires_at <= private.clock();
    return part;
end;
$$;

-- The minutes that a booking has reserved, by lot: the one that expires first comes first.
create function private.reserved_credit(p_booking_id uuid)
    returns setof private.credit_part
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        entry.credit_id,
        sum(signed.factor * entry.minutes)::integer,
        sum(signed.factor * entry.share_cents)::bigint,
        sum(signed.factor * entry.fee_cents)::bigint,
        sum(signed.factor * entry.discount_cents)::bigint
    from public.credit_entries entry
    join public.learner_credits lot on lot.org_id = entry.org_id and lot.id = entry.credit_id
    cross join lateral (select case entry.kind when 'reserve' then 1 else -1 end as factor) signed
    where entry.booking_id = p_booking_id
        and entry.kind in ('reserve', 'restore', 'consume')
    group by entry.credit_id, lot.expires_at, lot.created_at
    having sum(signed.factor * entry.minutes) > 0
    order by lot.expires_at nulls last, lot.created_at, entry.credit_id;
end;
$$;

-- The minutes that a booking has used, by lot: the one that expires last comes first, because its minutes are restored first.
create function private.used_credit(p_booking_id uuid)
    returns table (credit_id uuid, minutes integer)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select entry.credit_id, sum(case entry.kind when 'consume' then entry.minutes else -entry.minutes end)::integer
    from public.credit_entries entry
    join public.learner_credits lot on lot.org_id = entry.org_id and lot.id = entry.credit_id
    where entry.booking_id = p_booking_id
        and entry.kind in ('consume', 'give_back')
    group by entry.credit_id, lot.expires_at, lot.created_at
    having sum(case entry.kind when 'consume' then entry.minutes else -entry.minutes end) > 0
    order by lot.expires_at desc nulls first, lot.created_at desc, entry.credit_id desc;
end;
$$;

-- The parts of the prices of lots that entries of one kind have moved for a booking.
create function private.booking_credit(p_booking_id uuid, p_kind public.credit_entry_kind)
    returns private.credit_part
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select row(
            null,
            coalesce(sum(entry.minutes), 0)::integer,
            coalesce(sum(entry.share_cents), 0)::bigint,
            coalesce(sum(entry.fee_cents), 0)::bigint,
            coalesce(sum(entry.discount_cents), 0)::bigint
        )::private.credit_part
        from public.credit_entries entry
        where entry.booking_id = p_booking_id
            and entry.kind = p_kind
    );
end;
$$;

-- Hands the minutes that one booking has reserved to another, at what they were worth when they were reserved.
create function private.transfer_credit(p_from_booking_id uuid, p_to_booking_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select
        private.add_credit_entry(reserved, 'restore', p_from_booking_id),
        private.add_credit_entry(reserved, 'reserve', p_to_booking_id)
    from private.reserved_credit(p_from_booking_id) reserved;
$$;
