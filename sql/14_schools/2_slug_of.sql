-- A name as it may stand in a URL.
create function private.slug_of(p_name text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select trim(both '-' from left(regexp_replace(lower(p_name), '[^a-z0-9]+', '-', 'g'), 80));
$$;
