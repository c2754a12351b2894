-- Sells minutes with one instructor at the price of now, to be paid within a day. The same key, instructor and minutes again
-- return the same purchase.
-- Definer: nobody writes credits directly.
create function private.buy_credits(
    p_instructor_id uuid,
    p_hours numeric,
    p_service_id uuid,
    p_learner_id uuid,
    p_code text,
    p_client_key text
)
    returns public.learner_credits
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    person uuid := private.require_person();
    instructor public.instructors;
    service public.services;
    learner public.learners;
    minutes integer;
    price private.price;
    offer private.code_offer;
    credit public.learner_credits;
    broken_rule text;
begin
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and is_active
        and verification_status = 'verified';
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no such instructor to buy hours with.',
            'Choose another instructor.'
        );
    end if;
    if p_service_id is not null then
        service := private.require_offered_service(p_service_id, p_instructor_id);
    end if;
    minutes := private.require_credit_minutes(p_hours, service);
    learner := private.require_bookable_learner(
        case when p_learner_id is null then person end, p_learner_id, instructor.org_id
    );

    perform private.lock_learner(learner.id);
    credit := private.repeat_of_purchase(learner.id, p_client_key, instructor.id, p_service_id, minutes);
    if credit.id is not null then
        return credit;
    end if;

    price := private.price_credit(instructor, service, minutes);
    offer := private.take_discount(p_code, false, learner, price);
    price := private.discount_price(price, coalesce(offer.discount_cents, 0));
    perform private.check_price_is_payable(price);
    if price.total_cents = 0 then
        perform private.refuse(
            'PT422', 'nothing_to_sell',
            'These hours cost nothing.',
            'Book the lessons directly.'
        );
    end if;

    insert into public.learner_credits (
        org_id, learner_id, instructor_id, service_id, currency, minutes_purchased,
        price_cents, discount_cents, platform_fee_cents, instructor_share_cents, total_cents, fee_mode, fee_bps,
        is_fee_refundable, hold_expires_at, client_key, bought_by
    )
    select
        instructor.org_id, learner.id, instructor.id, p_service_id, price.currency, minutes,
        price.list_cents, price.discount_cents, price.fee_cents, price.share_cents, price.total_cents,
        price.fee_mode, price.fee_bps,
        organization.fee_refundable, private.clock() + interval '24 hours', p_client_key, person
    from public.organizations organization
    where organization.id = instructor.org_id
    returning * into credit;

    if offer.kind is not null then
        perform private.reserve_discount(offer, learner, price, null, credit.id);
    end if;
    return credit;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
end;
$$;
