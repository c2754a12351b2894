-- The id in a field that Stripe fills with an id or, expanded, with the object.
create function private.expandable_id(p_value jsonb)
    returns text
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case jsonb_typeof(p_value)
        when 'string' then p_value #>> '{}'
        when 'object' then p_value ->> 'id'
    end;
$$;
