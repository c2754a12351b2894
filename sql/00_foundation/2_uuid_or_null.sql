-- A text that came from outside as a uuid, or null if it is none.
create function private.uuid_or_null(p_text text)
    returns uuid
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case
        when pg_input_is_valid(p_text, 'uuid') then p_text::uuid
    end;
$$;
