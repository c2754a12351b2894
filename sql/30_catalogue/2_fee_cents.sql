-- The platform's fee on a list price, rounded half up, in integers.
create function private.fee_cents(p_list_cents bigint, p_fee_bps integer)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select (p_list_cents * p_fee_bps + 5000) / 10000;
$$;
