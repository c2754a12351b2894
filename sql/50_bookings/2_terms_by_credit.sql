-- The terms of a booking that prepaid minutes pay for: what was paid for just these minutes, and to whom it goes.
create function private.terms_by_credit(
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
