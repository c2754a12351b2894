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
