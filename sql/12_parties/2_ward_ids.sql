-- The learners for whom a person may act as guardian, in one of the scopes view, book and pay. The right begins with
-- consent and lapses when the learner turns 18.
-- Definer: used by policies of the tables it reads.
create function private.ward_ids(p_user_id uuid, p_scope text)
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return array(
        select link.learner_id
        from public.guardians guardian
        join public.learner_guardians link on link.guardian_id = guardian.id
        join public.learner_details details on details.learner_id = link.learner_id
        where guardian.user_id = p_user_id
            and link.revoked_at is null
            and case p_scope when 'view' then link.can_view when 'book' then link.can_book when 'pay' then link.can_pay end
            and (details.date_of_birth is null or private.is_minor(details.date_of_birth))
    );
end;
$$;
