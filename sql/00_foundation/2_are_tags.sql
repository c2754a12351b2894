-- Are these at most fifty words of 1 to 100 characters, as an index on tags can hold them?
create function private.are_tags(p_tags text[])
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select count(*) <= 50 and coalesce(bool_and(tag is not null and length(tag) between 1 and 100), true)
    from unnest(p_tags) tag;
$$;
