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

-- Turns the violation of a constraint into a refusal: the constraint's name, a sentence, is the code and the message. Of a
-- missing value Postgres names the column, and of a value that does not fit, nothing.
create function private.refuse_violation(p_constraint_name text, p_missing_column text default '')
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if p_missing_column <> '' then
        perform private.refuse(
            'PT422', 'value_missing',
            format('The %s is missing.', replace(p_missing_column, '_', ' ')),
            'Give it and try again.'
        );
    end if;
    if p_constraint_name = '' then
        perform private.refuse(
            'PT422', 'value_out_of_range',
            'A value is out of range.',
            'Correct the value and try again.'
        );
    end if;
    perform private.refuse(
        'PT422', p_constraint_name,
        format('That breaks a rule: %s.', replace(p_constraint_name, '_', ' ')),
        'Correct the value and try again.'
    );
end;
$$;

-- Keeps append-only tables append-only, for every writer and also against truncate.
-- Definer: the writer may have no access to private.
create function private.forbid_change()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT409', 'append_only',
        format('%s is append-only: its rows are never changed or removed.', tg_table_name),
        'Record a correction as a new row.'
    );
    return null;
end;
$$;
