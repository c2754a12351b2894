-- The caller as an instructor, in each organization. Definer: used by the policy of the table it reads.
create function private.my_instructor_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return array(
        select instructor.id
        from public.instructors instructor
        where instructor.user_id = private.my_user_id()
    );
end;
$$;

-- The caller as a learner, in each organization. Definer: used by the policy of the table it reads.
create function private.my_learner_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return array(
        select learner.id
        from public.learners learner
        where learner.user_id = private.my_user_id()
    );
end;
$$;

-- The caller as a guardian; null for anybody else. Definer: used by the policy of the table it reads.
create function private.my_guardian_id()
    returns uuid
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return (select guardian.id from public.guardians guardian where guardian.user_id = private.my_user_id());
end;
$$;

-- The learners whom the caller may see: the caller as a learner, and those whom the caller is guardian of.
-- Definer: used by policies of the tables it reads.
create function private.my_family_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return private.my_learner_ids() || private.ward_ids(private.my_user_id(), 'view');
end;
$$;

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

-- The organizations of the learners whom the caller may see: what these booked there stays readable to the family.
-- Definer: used by policies of other tables.
create function private.my_family_org_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return array(
        select distinct learner.org_id
        from public.learners learner
        where learner.id = any (private.my_family_ids())
    );
end;
$$;

-- The instructors that the caller, or a ward of the caller, has booked and the learners who have booked the caller, in one array of ids.
-- Definer: used by policies of the tables it reads.
create function private.my_contact_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return array(
        select pair.instructor_id
        from public.instructor_learners pair
        where pair.learner_id = any (private.my_family_ids())
        union all
        select pair.learner_id
        from public.instructor_learners pair
        where pair.instructor_id = any (private.my_instructor_ids())
    );
end;
$$;

-- The guardians of the caller's own learner rows, and of learners in organizations that the caller administers.
-- Definer: used by the policy of the table it reads.
create function private.my_learners_guardian_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return array(
        select link.guardian_id
        from public.learner_guardians link
        where link.guardian_id is not null
            and link.revoked_at is null
            and (
                link.learner_id = any (private.my_learner_ids())
                or link.org_id = any (private.my_admin_org_ids())
            )
    );
end;
$$;
