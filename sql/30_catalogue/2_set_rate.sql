-- Sets the price of a service on a rate card, or takes it off. Definer: nobody writes prices directly.
create function private.set_rate(p_rate_card_id uuid, p_service_id uuid, p_price_cents bigint)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    card public.rate_cards := private.require_rate_card(p_rate_card_id);
    broken_rule text;
begin
    if not exists (
        select
        from public.services service
        where service.id = p_service_id
            and service.org_id = card.org_id
            and service.currency = card.currency
    ) then
        perform private.refuse(
            'PT404', 'service_not_found',
            'Your organization offers no such lesson in the card''s currency.',
            'Check the service and its currency.'
        );
    end if;

    if p_price_cents is null then
        delete from public.rate_card_items where rate_card_id = card.id and service_id = p_service_id;
        return;
    end if;
    insert into public.rate_card_items as item (org_id, rate_card_id, service_id, currency, price_cents)
    values (card.org_id, card.id, p_service_id, card.currency, p_price_cents)
    on conflict (rate_card_id, service_id) do update set price_cents = excluded.price_cents;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;
