-- A name by its initials: Ada Byron King is A. B. K.
create function private.initials(p_name text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select string_agg(upper(left(word, 1)) || '.', ' ' order by position)
    from regexp_split_to_table(trim(p_name), '\s+') with ordinality part (word, position);
$$;
