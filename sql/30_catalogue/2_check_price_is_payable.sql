-- Refuses an amount that Stripe cannot charge. Nothing to pay is fine.
create function private.check_price_is_payable(p_price private.price)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    minimum_cents bigint;
begin
    select currency.minimum_charge_cents into strict minimum_cents
    from private.currencies currency
    where currency.code = p_price.currency;

    if p_price.total_cents is null then
        perform private.refuse(
            'PT409', 'price_missing',
            'This lesson has no price in its currency.',
            'Ask the instructor to give it one.'
        );
    end if;
    if p_price.total_cents > 0 and p_price.total_cents < minimum_cents then
        perform private.refuse(
            'PT422', 'amount_too_small',
            'That is less than a card payment can be.',
            format('The smallest payment in %s is %s of its minor unit.', p_price.currency, minimum_cents)
        );
    end if;
    if p_price.total_cents > 99999999 then
        perform private.refuse(
            'PT422', 'amount_too_large',
            'That is more than a card payment can be.',
            'Book a shorter lesson.'
        );
    end if;
end;
$$;
