-- The beginning of a text, cut at a word where it can be.
create function private.shorten(p_text text, p_length integer)
    returns text
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case
        when length(p_text) <= p_length then p_text
        else coalesce(substring(left(p_text, p_length - 1) from '^(.*\S)\s'), left(p_text, p_length - 1)) || '…'
    end;
$$;
