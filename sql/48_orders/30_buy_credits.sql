-- Sells minutes with one instructor at today's price, as a lot to be paid within a day. Calling it again with the same client
-- key, instructor and minutes returns the same lot.
-- Definer: nobody may write lots directly.
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
    set search_path = '', pg_temp
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
    order_id uuid;
    broken_rule text;
begin
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and is_active
        and verification_status = 'verified'
        and not private.has_lapsed_document(id);
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'No instructor with this id sells hours.',
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

    if instructor.user_id = learner.user_id then
        perform private.refuse(
            'PT422', 'own_lesson',
            'You cannot buy hours from yourself.',
            'Choose another instructor.'
        );
    end if;

    perform private.lock_learner(learner.id);
    credit := private.find_purchase_by_client_key(learner.id, p_client_key, instructor.id, p_service_id, minutes);
    if credit.id is not null then
        return credit;
    end if;

    if p_code is not null then
        perform private.assert_may_spend(learner, false);
    end if;
    price := private.price_credit(instructor, service, minutes);
    offer := private.require_discount(p_code, false, learner, price, instructor.id);
    price := private.discount_price(price, coalesce(offer.discount_cents, 0));
    perform private.assert_price_is_payable(price);
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
        is_fee_refundable, expires_forfeited, hold_expires_at, client_key, bought_by
    )
    select
        instructor.org_id, learner.id, instructor.id, p_service_id, price.currency, minutes,
        price.list_cents, price.discount_cents, price.fee_cents, price.share_cents, price.total_cents,
        price.fee_mode, price.fee_bps,
        organization.fee_refundable, organization.forfeits_expired_hours, private.clock() + interval '24 hours', p_client_key, person
    from public.organizations organization
    where organization.id = instructor.org_id
    returning * into credit;

    order_id := private.place_order(credit.org_id, credit.learner_id, credit.instructor_id, credit.currency);
    perform private.add_credit_item(order_id, credit);
    if offer.kind is not null then
        perform private.reserve_discount(offer, learner, price, instructor.id, order_id);
    end if;
    return credit;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
end;
$$;

-- Adds a lot to its order, at its frozen price.
create function private.add_credit_item(p_order_id uuid, p_credit public.learner_credits)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into public.order_items (
        org_id, order_id, learner_id, instructor_id, kind, credit_id, currency, minutes,
        list_cents, discount_cents, fee_cents, share_cents, is_fee_refundable, supply_model
    )
    values (
        p_credit.org_id, p_order_id, p_credit.learner_id, p_credit.instructor_id, 'credits', p_credit.id, p_credit.currency,
        p_credit.minutes_purchased, p_credit.price_cents, p_credit.discount_cents, p_credit.platform_fee_cents,
        p_credit.instructor_share_cents, p_credit.is_fee_refundable,
        (select organization.supply_model from public.organizations organization where organization.id = p_credit.org_id)
    );
$$;

-- Converts hours to minutes. Hours are sold in quarters, at most 500 at once; for one service, in whole lessons.
create function private.require_credit_minutes(p_hours numeric, p_service public.services)
    returns integer
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_hours is null or p_hours in ('NaN', 'Infinity', '-Infinity')
        or p_hours <= 0 or p_hours > 500 or p_hours * 4 <> trunc(p_hours * 4)
    then
        perform private.refuse(
            'PT422', 'bad_hours',
            'Hours are sold in quarters, from a quarter to 500.',
            'Send p_hours such as 10 or 1.5.'
        );
    end if;
    if (p_hours * 60)::integer % p_service.duration_minutes <> 0 then
        perform private.refuse(
            'PT422', 'not_whole_lessons',
            format('This lesson takes %s minutes.', p_service.duration_minutes),
            'Buy as many hours as make whole lessons.'
        );
    end if;
    return (p_hours * 60)::integer;
end;
$$;

-- The lot that an earlier request with the same client key made, if there is one. Refuses a key that was used for another
-- purchase. The caller has locked the learner's rows.
create function private.find_purchase_by_client_key(
    p_learner_id uuid,
    p_client_key text,
    p_instructor_id uuid,
    p_service_id uuid,
    p_minutes integer
)
    returns public.learner_credits
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
begin
    select * into credit
    from public.learner_credits
    where learner_id = p_learner_id
        and client_key = p_client_key;
    if found and (credit.instructor_id, credit.service_id, credit.minutes_purchased)
        is distinct from (p_instructor_id, p_service_id, p_minutes)
    then
        perform private.refuse(
            'PT409', 'client_key_reused',
            'This p_client_key was used before, for another purchase.',
            'Send a new p_client_key for a new purchase.'
        );
    end if;
    return credit;
end;
$$;

-- The price of minutes with an instructor: as many lessons of a service at its price today, or the hourly rate.
create function private.price_credit(
    p_instructor public.instructors,
    p_service public.services,
    p_minutes integer
)
    returns private.price
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return private.price_for_instructor(
        p_instructor.id,
        coalesce(p_service.currency, p_instructor.currency),
        case
            when p_service.id is null then private.hourly_cents(p_instructor.hourly_rate_cents, p_minutes)
            else (private.price_service(p_service.id, p_instructor.id, private.clock())).list_cents
                * (p_minutes / p_service.duration_minutes)
        end
    );
end;
$$;
