-- What a booking would cost the learner, line by line; the lines sum to what is charged. A time of which somebody has a seat is as
-- long as it was booked. With p_uses_credit the caller's prepaid hours, or those of a learner of the caller's, pay as much as they can.
-- Definer: visitors may not read fees, rate cards and bookings.
create function private.quote_booking(
    p_service_id uuid,
    p_instructor_id uuid,
    p_start_at timestamptz,
    p_uses_credit boolean,
    p_learner_id uuid
)
    returns table (line_item text, amount_cents bigint, currency text)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    start_at constant timestamptz := coalesce(p_start_at, private.clock());
    service public.services;
    instructor public.instructors;
    price private.price;
    terms private.booking_terms;
begin
    perform private.assert_time_is_plausible(p_start_at);
    select offered.* into service
    from public.services offered
    where offered.id = p_service_id
        and offered.is_active
        and coalesce(offered.instructor_id = p_instructor_id, true);
    select teacher.* into instructor
    from public.instructors teacher
    where teacher.id = coalesce(p_instructor_id, service.instructor_id);
    service.duration_minutes := private.lesson_minutes(service, instructor.id, p_start_at);
    price := private.price_service(service.id, instructor.id, start_at, service.duration_minutes);
    if price.currency is null then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This lesson is not on offer, or not by this instructor.',
            'Check the service, and name the instructor if the school offers it.'
        );
    end if;

    if p_uses_credit then
        terms := private.price_by_credit(
            null, price, service, instructor, start_at, private.quoted_learner(p_learner_id, service.org_id),
            row(null, null, null, null, null, false, true, null, null, null, true, false, null)::private.booking_request
        );
        price := terms.price;
    else
        perform private.assert_price_is_payable(price);
    end if;

    return query
    select line.line_item, line.amount_cents, price.currency
    from (
        values
            ('lesson', price.list_cents),
            ('platform_fee', price.total_cents - price.list_cents + price.discount_cents),
            ('discount', -price.discount_cents),
            ('prepaid_hours', -coalesce(terms.credit_cents, 0))
    ) line (line_item, amount_cents)
    where line.line_item = 'lesson' or line.amount_cents <> 0;
end;
$$;

-- The learner whose hours a quote counts: one whom the caller may see, or the caller; null for a visitor.
create function private.quoted_learner(p_learner_id uuid, p_org_id uuid)
    returns public.learners
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select learner.*
    from public.learners learner
    where learner.org_id = p_org_id
        and case
            when p_learner_id is null then learner.user_id = private.my_user_id()
            else learner.id = p_learner_id and learner.id = any (private.my_family_ids())
        end;
$$;
