-- Refuses a request: a sentence for the person, the next step as hint, a stable code for the machine.
-- The Data API turns PT404 into 404, PT409 into 409, PT422 into 422, PT429 into 429 and 42501 into 403.
create function private.refuse(p_sqlstate text, p_code text, p_message text, p_hint text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = p_sqlstate,
        message = p_message,
        detail = jsonb_build_object('code', p_code)::text,
        hint = p_hint;
end;
$$;

comment on function private.refuse is
    'Raises p_sqlstate with the code in detail as JSON. Every code is listed in sql/README.md.';
