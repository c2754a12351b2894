-- The latest payday of an organization that is not after a local date.
create function private.last_payday(p_on date, p_payout_weekday smallint)
    returns date
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select p_on - (extract(dow from p_on)::integer - p_payout_weekday + 7) % 7;
$$;
