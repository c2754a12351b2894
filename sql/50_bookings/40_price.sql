-- What a booking costs now, what pays for it besides a card, and its terms. Refuses what cannot be charged. hold_slot freezes
-- the answer; rescheduling (64) asks it in advance. p_service has the length of the time that is booked.
create function private.price_booking(
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz,
    p_learner public.learners,
    p_request private.booking_request
)
    returns private.booking_terms
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    terms private.booking_terms;
    price private.price := private.price_service(
        p_service.id, p_instructor.id, p_start_at, p_service.duration_minutes
    );
begin
    select organization.fee_refundable, private.current_policy_id(organization.id)
    into terms.is_fee_refundable, terms.cancellation_policy_id
    from public.organizations organization
    where organization.id = p_service.org_id;
    terms.credit_minutes := 0;
    terms.credit_cents := 0;
    terms.original_total_cents := 0;

    if p_request.uses_credit and private.is_booking_confirmed(p_request.original_booking_id) then
        return private.price_of_original(terms, p_service.duration_minutes, p_request.original_booking_id);
    end if;
    if p_request.uses_credit then
        return private.price_by_credit(terms, price, p_service, p_instructor, p_start_at, p_learner, p_request);
    end if;
    if p_request.original_booking_id is not null then
        return private.price_reschedule(terms, price, p_service, p_start_at, p_request.original_booking_id);
    end if;

    terms.offer := private.require_discount(
        p_request.discount_code, p_request.uses_rewards, p_learner, price, p_instructor.id
    );
    terms.price := private.discount_price(price, coalesce((terms.offer).discount_cents, 0));
    perform private.assert_price_is_payable(terms.price);
    return terms;
end;
$$;

-- Whether a booking is confirmed and was not given up for a replacement.
create function private.is_booking_confirmed(p_booking_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (select from public.bookings booking where booking.id = p_booking_id and booking.status = 'confirmed');
$$;

-- The terms of a proposed move of a booking to a time that prepaid minutes alone would pay for: the original's, since it keeps its minutes
-- until the learner accepts. What a card has paid of it counts towards the new time, and goes back then.
create function private.price_of_original(p_terms private.booking_terms, p_minutes integer, p_original_booking_id uuid)
    returns private.booking_terms
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    terms private.booking_terms := p_terms;
    original public.bookings;
begin
    select * into strict original from public.bookings where id = p_original_booking_id;
    terms.price := row(
        original.currency, original.price_cents, original.discount_cents, original.fee_mode, original.fee_bps,
        original.platform_fee_cents, original.instructor_share_cents, original.total_cents
    )::private.price;
    terms.credit_minutes := p_minutes;
    terms.credit_cents := original.credit_applied_cents;
    terms.original_total_cents := original.total_cents - original.credit_applied_cents;
    terms.is_fee_refundable := original.is_fee_refundable;
    terms.cancellation_policy_id := original.cancellation_policy_id;
    return terms;
end;
$$;

-- The terms of a booking that is paid by prepaid minutes, or as far as there are any if the caller lets a card pay the rest. The price of
-- the minutes is what was paid for just these, by lot; the rest costs its part of today's price.
create function private.price_by_credit(
    p_terms private.booking_terms,
    p_price private.price,
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz,
    p_learner public.learners,
    p_request private.booking_request
)
    returns private.booking_terms
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    terms private.booking_terms := p_terms;
    parts private.credit_part[];
    prepaid private.price;
    rest private.price;
begin
    if p_request.discount_code is not null or p_request.uses_rewards then
        perform private.refuse(
            'PT422', 'discount_with_credit',
            'A discount cannot be used together with prepaid hours.',
            'Use a code or your rewards when you pay by card, or when you buy hours.'
        );
    end if;

    parts := array(
        select part
        from private.plan_credit(
            p_learner.id, p_instructor.id, p_service.id, private.is_hourly(p_service, p_start_at), p_price.currency,
            p_service.duration_minutes
        ) part
    );
    terms.credit_minutes := coalesce((select sum(part.minutes) from unnest(parts) part), 0);
    if terms.credit_minutes < p_service.duration_minutes and not coalesce(p_request.pays_rest_by_card, false) then
        perform private.refuse(
            'PT409', 'insufficient_credit',
            'Your prepaid hours with this instructor are not enough for this lesson.',
            'Buy more with buy_credits, or pay by card; p_pay_rest_by_card lets a card pay what the hours do not.'
        );
    end if;

    rest := private.price_of_rest(p_price, p_service.duration_minutes, terms.credit_minutes);
    terms.price := rest;
    if terms.credit_minutes > 0 then
        prepaid := private.price_of_parts(parts, p_price.currency);
        terms.credit_cents := prepaid.total_cents;
        terms.is_fee_refundable := true;
        terms.price := case when terms.credit_minutes < p_service.duration_minutes then private.add_prices(prepaid, rest) else prepaid end;
    end if;
    if terms.credit_minutes < p_service.duration_minutes then
        perform private.assert_price_is_payable(rest);
    end if;
    return terms;
end;
$$;

-- Reserves the prepaid minutes for a booking whose price came from price_by_credit, under the locks of the lots. Refuses if
-- the lots have changed since.
create function private.reserve_credit(p_booking public.bookings, p_service public.services)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    part private.credit_part;
    reserved_cents bigint := 0;
    reserved_minutes integer := 0;
begin
    perform
    from public.learner_credits lot
    where lot.org_id = p_booking.org_id
        and lot.learner_id = p_booking.learner_id
        and lot.instructor_id = p_booking.instructor_id
        and lot.status = 'active'
    order by lot.id
    for no key update;

    for part in
        select planned.*
        from private.plan_credit(
            p_booking.learner_id, p_booking.instructor_id, p_booking.service_id,
            private.is_hourly(p_service, p_booking.start_at), p_booking.currency, p_booking.credit_minutes
        ) planned
    loop
        perform private.add_credit_entry(part, 'reserve', p_booking.id, null);
        reserved_cents := reserved_cents + private.credit_part_cents(part);
        reserved_minutes := reserved_minutes + part.minutes;
    end loop;

    if (reserved_minutes, reserved_cents) <> (p_booking.credit_minutes, p_booking.credit_applied_cents) then
        perform private.refuse(
            'PT409', 'credit_changed',
            'Your prepaid hours have just changed.',
            'Try again.'
        );
    end if;
end;
$$;

-- The terms of a replacement booking. It keeps the original's fee, discount and refund rules, and its price is the original's plus
-- what the new time costs more, or minus what it costs less, at today's list prices; but never less than both of the prices that
-- are known. A discount of a percentage follows the price; a fixed amount and spent rewards stay, but never exceed the fee by more
-- than before. The original's total counts towards it.
create function private.price_reschedule(
    p_terms private.booking_terms,
    p_price private.price,
    p_service public.services,
    p_start_at timestamptz,
    p_original_booking_id uuid
)
    returns private.booking_terms
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    terms private.booking_terms := p_terms;
    original public.bookings;
    price private.price;
    due private.price;
begin
    select * into strict original from public.bookings where id = p_original_booking_id;
    if original.credit_minutes > 0 then
        return private.price_rescheduled_rest(terms, p_price, p_service, p_start_at, original);
    end if;
    price := private.price_with_fee(
        original.currency,
        greatest(
            original.price_cents + p_price.list_cents
            - (
                private.price_service(
                    original.service_id, original.instructor_id, original.start_at,
                    private.minutes_between(original.start_at, original.end_at)
                )
            ).list_cents,
            least(original.price_cents, p_price.list_cents)
        ),
        original.fee_mode,
        original.fee_bps
    );
    terms.price := private.discount_price(
        price,
        least(
            case
                when private.is_discount_fixed(original.order_id) then original.discount_cents
                else private.prorate(original.discount_cents, price.list_cents, original.price_cents)
            end,
            price.share_cents + price.fee_cents,
            price.fee_cents + greatest(original.discount_cents - original.platform_fee_cents, 0)
        )
    );
    terms.original_total_cents := original.total_cents;
    terms.is_fee_refundable := original.is_fee_refundable;
    terms.cancellation_policy_id := original.cancellation_policy_id;

    due := terms.price;
    due.total_cents := greatest(due.total_cents - original.total_cents, 0);
    perform private.assert_price_is_payable(due);
    return terms;
end;
$$;

-- Whether an order's discount is an amount, of a code or of rewards, and no percentage.
create function private.is_discount_fixed(p_order_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        (
            select redemption.kind = 'reward' or code.amount_cents is not null
            from public.code_redemptions redemption
            left join public.discount_codes code on code.id = redemption.discount_code_id
            where redemption.order_id = p_order_id
        ),
        false
    );
$$;
