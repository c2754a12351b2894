-- A price with something taken off, at the platform's cost.
create function private.discount_price(p_price private.price, p_discount_cents bigint)
    returns private.price
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select row(
        p_price.currency,
        p_price.list_cents,
        p_discount_cents,
        p_price.fee_mode,
        p_price.fee_bps,
        p_price.fee_cents,
        p_price.share_cents,
        p_price.share_cents + p_price.fee_cents - p_discount_cents
    )::private.price;
$$;
