-- The rate card, locked, of an organization that the caller administers. A foreign one is as unknown as one that does not
-- exist.
create function private.require_rate_card(p_rate_card_id uuid)
    returns public.rate_cards
    language plpgsql
    volatile
    security invoker
    set search_path = ''
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
            'There is no such rate card of yours.',
            'Check the id.'
        );
    end if;
    return card;
end;
$$;
