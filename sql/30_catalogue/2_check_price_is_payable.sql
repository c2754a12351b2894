-- Refuses an amount that Stripe cannot charge. Nothing to pay is fine.
create function private.check_price_is_payable(p_price private.price)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    refusal text := private.price_refusal(p_price);
begin
    if refusal = 'price_missing' then
        perform private.refuse(
            'PT409', 'price_missing',
            'This lesson has no price in its currency.',
            'Ask the instructor to give it one.'
        );
    end if;
    if refusal = 'amount_too_small' then
        perform private.refuse(
            'PT422', 'amount_too_small',
            'That is less than a card payment can be.',
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
            'That is more than a card payment can be.',
            'Book a shorter lesson.'
        );
    end if;
end;
$$;
