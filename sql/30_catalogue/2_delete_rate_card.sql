-- Takes a rate card away, with its prices. Definer: nobody writes prices directly.
create function private.delete_rate_card(p_rate_card_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    card public.rate_cards := private.require_rate_card(p_rate_card_id);
begin
    delete from public.rate_card_items where rate_card_id = card.id;
    delete from public.rate_cards where id = card.id;
end;
$$;
