-- The price of a service on a local date by its organization's rate cards: of the card valid that day, else of the default
-- card; null where neither lists it.
create function private.listed_price_cents(p_service_id uuid, p_on date)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return (
        select item.price_cents
        from public.rate_card_items item
        join public.rate_cards card on card.id = item.rate_card_id
        where item.service_id = p_service_id
            and daterange(card.valid_from, card.valid_to, '[]') @> p_on
        order by card.is_default
        limit 1
    );
end;
$$;
