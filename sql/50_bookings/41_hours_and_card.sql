-- A lesson that prepaid minutes pay in part: its price is what the minutes cost when they were bought, and for the rest of the lesson its
-- part of today's price, which a card pays. Such a lesson goes back with its fee, like any that minutes pay for.

-- The price of parts of lots, together: what was paid for just these minutes.
create function private.price_of_parts(p_parts private.credit_part[], p_currency text)
    returns private.price
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(
        p_currency,
        paid.share_cents + case paid.fee_mode when 'included' then paid.fee_cents else 0 end,
        paid.discount_cents,
        paid.fee_mode,
        paid.fee_bps,
        paid.fee_cents,
        paid.share_cents,
        paid.share_cents + paid.fee_cents - paid.discount_cents
    )::private.price
    from (
        select
            sum(part.share_cents)::bigint as share_cents,
            sum(part.fee_cents)::bigint as fee_cents,
            sum(part.discount_cents)::bigint as discount_cents,
            case when count(distinct lot.fee_mode) = 1 then min(lot.fee_mode) else 'on_top' end as fee_mode,
            max(lot.fee_bps) as fee_bps
        from unnest(p_parts) part
        join public.learner_credits lot on lot.id = part.credit_id
    ) paid;
$$;

-- What is left of the price of a lesson after its first p_paid_minutes.
create function private.price_of_rest(p_price private.price, p_minutes integer, p_paid_minutes integer)
    returns private.price
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.price_with_fee(
        p_price.currency,
        p_price.list_cents - private.prorate(p_price.list_cents, p_paid_minutes, p_minutes),
        p_price.fee_mode,
        p_price.fee_bps
    );
$$;

-- Two prices as one. With different fee modes the fee is on top.
create function private.add_prices(p_one private.price, p_other private.price)
    returns private.price
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(
        p_one.currency,
        p_one.share_cents + p_other.share_cents
        + case when 'included' = all (array[p_one.fee_mode, p_other.fee_mode]) then p_one.fee_cents + p_other.fee_cents else 0 end,
        p_one.discount_cents + p_other.discount_cents,
        case when p_one.fee_mode = p_other.fee_mode then p_one.fee_mode else 'on_top' end,
        greatest(p_one.fee_bps, p_other.fee_bps),
        p_one.fee_cents + p_other.fee_cents,
        p_one.share_cents + p_other.share_cents,
        p_one.total_cents + p_other.total_cents
    )::private.price;
$$;

-- The terms of the replacement of a lesson that minutes pay in part. As many minutes pay for it, and for the rest the card pays what it
-- paid plus what that rest costs more at the new time, or minus what it costs less, as price_reschedule has it for a whole lesson. While
-- the original stands it keeps its minutes; once it has ended for the replacement they are back in their lots.
create function private.price_rescheduled_rest(
    p_terms private.booking_terms,
    p_price private.price,
    p_service public.services,
    p_start_at timestamptz,
    p_original public.bookings
)
    returns private.booking_terms
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    terms private.booking_terms := p_terms;
    item public.order_items;
    prepaid private.price;
    paid private.price;
    rest private.price;
    list_cents bigint;
    old_minutes constant integer := private.minutes_between(p_original.start_at, p_original.end_at);
    new_rest_cents constant bigint := (
        private.price_of_rest(p_price, p_service.duration_minutes, p_original.credit_minutes)
    ).list_cents;
    old_rest_cents constant bigint := (
        private.price_of_rest(
            private.price_service(p_original.service_id, p_original.instructor_id, p_original.start_at, old_minutes),
            old_minutes, p_original.credit_minutes
        )
    ).list_cents;
begin
    select * into strict item from public.order_items where org_id = p_original.org_id and booking_id = p_original.id;
    paid := private.item_price(
        p_original,
        item.share_cents - item.credit_share_cents,
        item.fee_cents - item.credit_fee_cents,
        item.discount_cents - item.credit_discount_cents
    );
    list_cents := greatest(paid.list_cents + new_rest_cents - old_rest_cents, least(paid.list_cents, new_rest_cents));
    rest := case
        when paid.list_cents = 0 then private.price_with_fee(p_original.currency, list_cents, p_original.fee_mode, p_original.fee_bps)
        else private.item_price(
            p_original,
            private.prorate(paid.share_cents, list_cents, paid.list_cents),
            private.prorate(paid.fee_cents, list_cents, paid.list_cents),
            private.prorate(paid.discount_cents, list_cents, paid.list_cents)
        )
    end;
    if p_original.is_rescheduled then
        prepaid := private.price_of_restored_minutes(p_original, p_service, p_start_at);
    else
        perform private.assert_minutes_pay_for(p_original, private.is_hourly(p_service, p_start_at));
        prepaid := private.item_price(p_original, item.credit_share_cents, item.credit_fee_cents, item.credit_discount_cents);
    end if;

    terms.price := private.add_prices(prepaid, rest);
    terms.credit_minutes := p_original.credit_minutes;
    terms.credit_cents := prepaid.total_cents;
    terms.original_total_cents := p_original.total_cents - p_original.credit_applied_cents;
    terms.is_fee_refundable := p_original.is_fee_refundable;
    terms.cancellation_policy_id := p_original.cancellation_policy_id;

    rest.total_cents := greatest(rest.total_cents - terms.original_total_cents, 0);
    perform private.assert_price_is_payable(rest);
    return terms;
end;
$$;

-- The price that is made of these parts, in a booking's fee mode.
create function private.item_price(p_booking public.bookings, p_share_cents bigint, p_fee_cents bigint, p_discount_cents bigint)
    returns private.price
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(
        p_booking.currency,
        p_share_cents + case p_booking.fee_mode when 'included' then p_fee_cents else 0 end,
        p_discount_cents,
        p_booking.fee_mode,
        p_booking.fee_bps,
        p_fee_cents,
        p_share_cents,
        p_share_cents + p_fee_cents - p_discount_cents
    )::private.price;
$$;

-- What as many minutes cost as a booking that was rescheduled has given back to their lots.
create function private.price_of_restored_minutes(p_original public.bookings, p_service public.services, p_start_at timestamptz)
    returns private.price
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    parts constant private.credit_part[] := array(
        select part
        from private.plan_credit(
            p_original.learner_id, p_original.instructor_id, p_original.service_id, private.is_hourly(p_service, p_start_at),
            p_original.currency, p_original.credit_minutes
        ) part
    );
begin
    if coalesce((select sum(part.minutes) from unnest(parts) part), 0) < p_original.credit_minutes then
        perform private.refuse_move_by_hours();
    end if;
    return private.price_of_parts(parts, p_original.currency);
end;
$$;

-- Refuses to hand minutes to a lesson that they do not pay for: those of no service pay only for lessons at the hourly rate.
create function private.assert_minutes_pay_for(p_original public.bookings, p_is_hourly boolean)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not p_is_hourly and exists (
        select
        from private.reserved_credit(p_original.id) reserved
        join public.learner_credits lot on lot.id = reserved.credit_id
        where lot.service_id is null
    ) then
        perform private.refuse_move_by_hours();
    end if;
end;
$$;

-- Refuses to move a lesson to a time for which its minutes do not pay.
create function private.refuse_move_by_hours()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'insufficient_credit',
        'Your prepaid hours with this instructor do not pay for a lesson at that time.',
        'Choose another time, or cancel and book again.'
    );
end;
$$;

-- Whether a booking replaces one that still stands, and has its minutes, until the difference is paid.
create function private.waits_for_its_original(p_booking public.bookings)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.bookings original
        where original.org_id = p_booking.org_id
            and original.id = p_booking.original_booking_id
            and not original.is_rescheduled
    );
$$;
