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
