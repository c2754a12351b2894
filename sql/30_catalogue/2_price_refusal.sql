-- Why an amount cannot be charged by Stripe: price_missing, amount_too_small or amount_too_large; null if it can be, or if
-- there is nothing to pay.
create function private.price_refusal(p_price private.price)
    returns text
    language plpgsql
    stable
    security invoker
    set search_path = ''
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
