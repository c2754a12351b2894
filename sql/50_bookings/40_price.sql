-- What a booking costs now, what takes something off and what pays for it besides a card. Refuses what cannot be charged.
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
    set search_path = ''
as $$
declare
    terms private.booking_terms;
    price private.price := private.price_service(p_service.id, p_instructor.id, p_start_at);
begin
    select organization.fee_refundable, latest.id into terms.is_fee_refundable, terms.cancellation_policy_id
    from public.organizations organization
    join public.cancellation_policies latest on latest.org_id = organization.id
    where organization.id = p_service.org_id
    order by latest.version desc
    limit 1;
    terms.credit_cents := 0;
    terms.original_total_cents := 0;

    if p_request.uses_credit then
        return private.price_by_credit(terms, price, p_service, p_instructor, p_start_at, p_learner, p_request);
    end if;
    if p_request.original_booking_id is not null then
        return private.price_reschedule(terms, price, p_request.original_booking_id);
    end if;

    terms.offer := private.require_discount(p_request.discount_code, p_request.uses_rewards, p_learner, price);
    terms.price := private.discount_price(price, coalesce((terms.offer).discount_cents, 0));
    perform private.assert_price_is_payable(terms.price);
    return terms;
end;
$$;

-- The terms of a booking that prepaid minutes pay for: what was paid for just these minutes, and to whom it goes.
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
    set search_path = ''
as $$
declare
    terms private.booking_terms := p_terms;
begin
    if p_request.discount_code is not null or p_request.uses_rewards then
        perform private.refuse(
            'PT422', 'discount_with_credit',
            'Prepaid hours have their price already.',
            'Use a code or your rewards when you pay by card, or when you buy hours.'
        );
    end if;

    select
        row(
            p_price.currency,
            sum(part.share_cents + case lot.fee_mode when 'included' then part.fee_cents else 0 end),
            sum(part.discount_cents),
            case when count(distinct lot.fee_mode) = 1 then min(lot.fee_mode) else 'on_top' end,
            max(lot.fee_bps),
            sum(part.fee_cents),
            sum(part.share_cents),
            sum(part.share_cents + part.fee_cents - part.discount_cents)
        )::private.price,
        bool_and(lot.is_fee_refundable)
    into terms.price, terms.is_fee_refundable
    from private.plan_credit(
        p_learner.id, p_instructor.id, p_service.id, private.is_hourly(p_service, p_start_at), p_price.currency,
        p_service.duration_minutes
    ) part
    join public.learner_credits lot on lot.id = part.credit_id;

    if (terms.price).total_cents is null then
        perform private.refuse(
            'PT409', 'insufficient_credit',
            'Your prepaid hours with this instructor do not pay for this lesson.',
            'Buy more with buy_credits, or pay by card.'
        );
    end if;
    if (terms.price).fee_mode = 'on_top' then
        terms.price := row(
            (terms.price).currency, (terms.price).share_cents, (terms.price).discount_cents, 'on_top',
            (terms.price).fee_bps, (terms.price).fee_cents, (terms.price).share_cents, (terms.price).total_cents
        )::private.price;
    end if;
    terms.credit_cents := (terms.price).total_cents;
    return terms;
end;
$$;

-- Reserves the prepaid minutes that a booking's price was made of, under the locks of the lots.
create function private.reserve_credit(p_booking public.bookings, p_service public.services)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    part private.credit_part;
    reserved_cents bigint := 0;
begin
    perform
    from public.learner_credits lot
    where lot.learner_id = p_booking.learner_id
        and lot.instructor_id = p_booking.instructor_id
        and lot.status = 'active'
    order by lot.id
    for no key update;

    for part in
        select planned.*
        from private.plan_credit(
            p_booking.learner_id, p_booking.instructor_id, p_booking.service_id,
            private.is_hourly(p_service, p_booking.start_at), p_booking.currency, p_service.duration_minutes
        ) planned
    loop
        perform private.add_credit_entry(part, 'reserve', p_booking.id, null);
        reserved_cents := reserved_cents + part.share_cents + part.fee_cents - part.discount_cents;
    end loop;

    if reserved_cents <> p_booking.credit_applied_cents
        or not exists (select from private.reserved_credit(p_booking.id))
    then
        perform private.refuse(
            'PT409', 'credit_changed',
            'Your prepaid hours have just changed.',
            'Try again.'
        );
    end if;
end;
$$;

-- The terms of a booking that another one is rescheduled to: those of the other, and of the price only what the new time costs
-- more or less than the old one by today's list. What was paid counts for it.
create function private.price_reschedule(
    p_terms private.booking_terms,
    p_price private.price,
    p_original_booking_id uuid
)
    returns private.booking_terms
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    terms private.booking_terms := p_terms;
    moved public.bookings;
    list_cents bigint;
    fee_cents bigint;
    share_cents bigint;
    due private.price;
begin
    select * into strict moved from public.bookings where id = p_original_booking_id;
    list_cents := greatest(
        moved.price_cents + p_price.list_cents
        - (private.price_service(moved.service_id, moved.instructor_id, moved.start_at)).list_cents,
        0
    );
    fee_cents := private.bps_of(list_cents, moved.fee_bps);
    share_cents := list_cents - case moved.fee_mode when 'included' then fee_cents else 0 end;
    terms.price := private.discount_price(
        row(moved.currency, list_cents, 0, moved.fee_mode, moved.fee_bps, fee_cents, share_cents, null)::private.price,
        least(
            private.prorate(moved.discount_cents, list_cents, moved.price_cents),
            share_cents + fee_cents
        )
    );
    terms.original_total_cents := moved.total_cents;
    terms.is_fee_refundable := moved.is_fee_refundable;
    terms.cancellation_policy_id := moved.cancellation_policy_id;

    due := terms.price;
    due.total_cents := greatest(due.total_cents - moved.total_cents, 0);
    perform private.assert_price_is_payable(due);
    return terms;
end;
$$;
