-- Turns the violation of a constraint into a refusal: the constraint's name, a sentence, is the code and the message.
create function private.refuse_violation(p_constraint_name text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT422',
        coalesce(nullif(p_constraint_name, ''), 'value_out_of_range'),
        format('That breaks a rule: %s.', replace(coalesce(nullif(p_constraint_name, ''), 'value out of range'), '_', ' ')),
        'Correct the value and try again.'
    );
end;
$$;
