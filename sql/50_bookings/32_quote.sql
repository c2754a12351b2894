-- What a booking would cost the learner, line by line; the lines sum to what is charged. A time of which somebody has a seat is as
-- long as it was booked. Definer: visitors may not read fees, rate cards and bookings.
create function private.quote_booking(p_service_id uuid, p_instructor_id uuid, p_start_at timestamptz)
    returns table (line_item text, amount_cents bigint, currency text)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    price private.price;
begin
    perform private.assert_time_is_plausible(p_start_at);
    select (private.price_service(
        service.id,
        coalesce(p_instructor_id, service.instructor_id),
        coalesce(p_start_at, private.clock()),
        private.lesson_minutes(service, coalesce(p_instructor_id, service.instructor_id), p_start_at)
    )).*
    into price
    from public.services service
    where service.id = p_service_id
        and service.is_active
        and coalesce(service.instructor_id = p_instructor_id, true);

    if price.currency is null then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This lesson is not on offer, or not by this instructor.',
            'Check the service, and name the instructor if the school offers it.'
        );
    end if;
    perform private.assert_price_is_payable(price);

    return query
    select line.line_item, line.amount_cents, price.currency
    from (
        values
            ('lesson', price.list_cents),
            ('platform_fee', price.total_cents - price.list_cents + price.discount_cents),
            ('discount', -price.discount_cents)
    ) line (line_item, amount_cents)
    where line.line_item = 'lesson' or line.amount_cents <> 0;
end;
$$;
