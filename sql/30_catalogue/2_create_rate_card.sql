-- Makes a rate card. Definer: nobody writes prices directly.
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
    set search_path = ''
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
