-- Adds an empty rate card to a school. For the school's admins.
-- Definer: nobody may write rate cards directly.
create function private.create_rate_card(
    p_org_id uuid,
    p_name text,
    p_currency text,
    p_is_default boolean,
    p_valid_from date,
    p_valid_to date
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    new_rate_card_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);

    insert into public.rate_cards (org_id, name, currency, is_default, valid_from, valid_to)
    select
        organization.id, trim(p_name),
        private.require_currency(coalesce(p_currency, organization.currency)),
        p_is_default, p_valid_from, p_valid_to
    from public.organizations organization
    where organization.id = p_org_id
    on conflict do nothing
    returning id into new_rate_card_id;

    if new_rate_card_id is null then
        perform private.refuse_rate_card();
    end if;
    return new_rate_card_id;
exception
    when check_violation or not_null_violation or data_exception then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Changes the first and last day of a rate card. Bookings keep the price that was frozen with them.
-- Definer: nobody may write rate cards directly.
create function private.set_rate_card_validity(p_rate_card_id uuid, p_valid_from date, p_valid_to date)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    card public.rate_cards := private.require_rate_card(p_rate_card_id);
    broken_rule text;
begin
    update public.rate_cards
    set valid_from = p_valid_from,
        valid_to = p_valid_to
    where org_id = card.org_id
        and id = card.id;
exception
    when exclusion_violation then
        perform private.refuse_rate_card();
    when check_violation or data_exception then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Sets the price of a service on a rate card; null removes the price from the card.
-- Definer: nobody may write prices directly.
create function private.set_rate(p_rate_card_id uuid, p_service_id uuid, p_price_cents bigint)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
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
        delete from public.rate_card_items
        where org_id = card.org_id
            and rate_card_id = card.id
            and service_id = p_service_id;
        return;
    end if;
    insert into public.rate_card_items as item (org_id, rate_card_id, service_id, currency, price_cents)
    values (card.org_id, card.id, p_service_id, card.currency, p_price_cents)
    on conflict (org_id, rate_card_id, service_id) do update set price_cents = excluded.price_cents;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Deletes a rate card and its prices. Definer: nobody may write rate cards directly.
create function private.delete_rate_card(p_rate_card_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    card public.rate_cards := private.require_rate_card(p_rate_card_id);
begin
    delete from public.rate_card_items where org_id = card.org_id and rate_card_id = card.id;
    delete from public.rate_cards where org_id = card.org_id and id = card.id;
end;
$$;

-- Returns the rate card, locked, if the caller administers its organization. A rate card of another organization is
-- refused exactly like one that does not exist.
create function private.require_rate_card(p_rate_card_id uuid)
    returns public.rate_cards
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    card public.rate_cards;
begin
    perform private.require_person();
    select * into card
    from public.rate_cards
    where id = p_rate_card_id
        and org_id = any (private.my_admin_org_ids())
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'rate_card_not_found',
            'Your organizations have no such rate card.',
            'Check the id.'
        );
    end if;
    return card;
end;
$$;

-- Refuses a rate card that conflicts with another one.
create function private.refuse_rate_card()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'rate_card_exists',
        'Another rate card has this name, is the default for this currency, or is valid on some of the same days.',
        'Choose another name, or first end the other card with set_rate_card_validity or delete_rate_card.'
    );
end;
$$;
