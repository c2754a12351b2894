-- What a booking would cost the learner, line by line; the lines sum to what is charged.
-- Definer: visitors may not read fees and rate cards.
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
        coalesce(p_start_at, private.clock())
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

-- Refuses a price whose total Stripe cannot charge; a total of nothing is allowed. Called wherever something is sold.
create function private.assert_price_is_payable(p_price private.price)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refusal text := private.price_refusal(p_price);
begin
    if refusal = 'price_missing' then
        perform private.refuse(
            'PT409', 'price_missing',
            'This lesson has no price in its currency.',
            'Ask the instructor to set a price.'
        );
    end if;
    if refusal = 'amount_too_small' then
        perform private.refuse(
            'PT422', 'amount_too_small',
            'This amount is too small for a card payment.',
            (
                select format('The smallest payment in %s is %s of its minor unit.', currency.code, currency.minimum_charge_cents)
                from private.currencies currency
                where currency.code = p_price.currency
            )
        );
    end if;
    if refusal = 'amount_too_large' then
        perform private.refuse(
            'PT422', 'amount_too_large',
            'This amount is too large for a card payment.',
            'Book a shorter lesson.'
        );
    end if;
end;
$$;

-- Why Stripe cannot charge a price: price_missing, amount_too_small or amount_too_large. Null if it can, and if there is
-- nothing to pay.
create function private.price_refusal(p_price private.price)
    returns text
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select case
            when p_price.total_cents is null then 'price_missing'
            when p_price.total_cents = 0 then null
            when p_price.total_cents < currency.minimum_charge_cents then 'amount_too_small'
            when p_price.total_cents > 99999999 then 'amount_too_large'
        end
        from private.currencies currency
        where currency.code = p_price.currency
    );
end;
$$;
