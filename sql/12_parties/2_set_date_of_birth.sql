-- Sets a learner's date of birth: the learner or a guardian once, an admin of the organization also again.
-- Definer: it decides who needs a guardian, so nobody may update it themselves.
create function private.set_date_of_birth(p_learner_id uuid, p_date_of_birth date)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    details public.learner_details;
begin
    perform private.require_person();
    select * into details
    from public.learner_details
    where learner_id = p_learner_id
        and (learner_id = any (private.my_family_ids()) or org_id = any (private.my_admin_org_ids()))
    for no key update;

    if not found then
        perform private.refuse_unknown_learner();
    end if;
    if details.date_of_birth is not null and not details.org_id = any (private.my_admin_org_ids()) then
        perform private.refuse(
            'PT409', 'date_of_birth_is_set',
            'The date of birth has been given already.',
            'Ask the school, or the platform''s support, to correct it.'
        );
    end if;
    if p_date_of_birth is null then
        perform private.refuse_violation('', 'date_of_birth');
    end if;
    perform private.check_date_of_birth(p_date_of_birth);

    update public.learner_details set date_of_birth = p_date_of_birth where learner_id = p_learner_id;
end;
$$;
