-- A part of an amount, rounded half up, in integers. Nothing of nothing is nothing.
create function private.proportion_cents(p_cents bigint, p_part bigint, p_whole bigint)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case when p_whole = 0 then 0 else (2 * p_cents * p_part + p_whole) / (2 * p_whole) end;
$$;
