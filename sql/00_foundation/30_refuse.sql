-- Refuses a request: a message for the person, the next step as hint, a stable code for the program.
-- The Data API turns PT404 into 404, PT409 into 409, PT422 into 422, PT429 into 429 and 42501 into 403.
create function private.refuse(p_sqlstate text, p_code text, p_message text, p_hint text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
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

-- Turns a constraint violation into a refusal with status 422; called by exception handlers. The constraint's name is a
-- sentence, and becomes the code and the message. For a not-null violation Postgres names only the column; for a number out
-- of its type's range it names neither.
create function private.refuse_violation(p_constraint_name text, p_missing_column text default '')
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
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

-- Trigger of every view: without it, Postgres answers a write with an error of its own, which the Data API reports as a failure of
-- the server. With it, whoever has no right to write is told so, and whoever has every right, as an admin in Studio, is told this.
create function private.refuse_write_to_view()
    returns trigger
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'view_is_read_only',
        format('%s is a view, which is only read.', tg_table_name),
        'Call the function made for the change, or write to the table.'
    );
    return null;
end;
$$;

-- Trigger of every append-only table: refuses update, delete and truncate, whoever the writer is.
-- Definer: the writer may have no access to private.
create function private.forbid_change()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
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
