-- How many rows a page has: what was asked for, from 1 to 200, and 50 where nothing was.
create function private.page_size(p_limit integer)
    returns integer
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select least(greatest(coalesce(p_limit, 50), 1), 200);
$$;
