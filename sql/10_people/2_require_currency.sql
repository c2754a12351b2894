-- A currency's lower-case code, or a refusal. Accepts either case, as older frontends send DKK.
create function private.require_currency(p_currency text)
    returns text
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    known_code text;
begin
    select currency.code into known_code
    from private.currencies currency
    where currency.code = lower(p_currency);

    if not found then
        perform private.refuse(
            'PT422', 'unknown_currency',
            'That currency cannot be charged here.',
            'Send an ISO 4217 code such as gbp or eur.'
        );
    end if;
    return known_code;
end;
$$;
