-- Offers the guardianship of a learner to an address; it begins when its owner consents. By an admin of the learner's
-- organization, or the learner. Definer: nobody writes guardianships directly.
create function private.link_guardian(
    p_learner_id uuid,
    p_guardian_email text,
    p_relation text,
    p_can_view boolean,
    p_can_book boolean,
    p_can_pay boolean
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    learner public.learners;
    person uuid := private.require_person();
    new_link_id uuid;
    broken_rule text;
    missing_column text;
begin
    select * into learner
    from public.learners
    where id = p_learner_id
        and (id = any (private.my_learner_ids()) or org_id = any (private.my_admin_org_ids()));
    if not found then
        perform private.refuse_unknown_learner();
    end if;
    if lower(trim(p_guardian_email)) = private.verified_email(learner.user_id) then
        perform private.refuse(
            'PT422', 'own_guardian',
            'A learner cannot be their own guardian.',
            'Give the address of a parent or another adult.'
        );
    end if;

    insert into public.learner_guardians (
        org_id, learner_id, guardian_email, relation, can_view, can_book, can_pay, invited_by
    )
    values (
        learner.org_id, learner.id, lower(trim(p_guardian_email)), p_relation, p_can_view, p_can_book, p_can_pay, person
    )
    on conflict do nothing
    returning id into new_link_id;

    if new_link_id is null then
        perform private.refuse(
            'PT409', 'guardian_is_linked',
            'This guardian is linked to the learner already.',
            'Revoke that link first if its rights should change.'
        );
    end if;
    return new_link_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;
