-- Adds a learner to a school, without a login until an invitation links one.
-- Definer: people may not insert learners themselves.
create function private.add_learner(
    p_org_id uuid,
    p_full_name text,
    p_email text,
    p_phone text,
    p_date_of_birth date,
    p_notes text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    new_learner_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);
    perform private.check_date_of_birth(p_date_of_birth);

    insert into public.learners (org_id, full_name, email, phone)
    values (p_org_id, trim(p_full_name), p_email, p_phone)
    returning id into new_learner_id;

    update public.learner_details
    set date_of_birth = p_date_of_birth,
        notes = p_notes
    where learner_id = new_learner_id;
    return new_learner_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;
