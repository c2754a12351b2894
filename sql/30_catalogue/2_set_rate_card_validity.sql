-- Begins or ends a rate card on other days. Definer: nobody writes prices directly.
create function private.set_rate_card_validity(p_rate_card_id uuid, p_valid_from date, p_valid_to date)
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
    update public.rate_cards
    set valid_from = p_valid_from,
        valid_to = p_valid_to
    where id = card.id;
exception
    when exclusion_violation then
        perform private.refuse_rate_card();
    when check_violation or data_exception then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;
