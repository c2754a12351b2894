-- Does this refusal say that the destination cannot be paid until somebody changes it? Anything else is tried again.
create function private.is_final_refusal(p_code text)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select p_code in (
        'insufficient_capabilities_for_transfer',
        'transfers_not_allowed',
        'account_invalid',
        'account_closed',
        'no_account',
        'resource_missing',
        'account_country_invalid_address'
    );
$$;
