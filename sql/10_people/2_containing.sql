-- The pattern of every text that contains this one as it stands, for (i)like; null for no text.
create function private.containing(p_text text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select '%' || regexp_replace(p_text, '([\\%_])', '\\\1', 'g') || '%';
$$;
