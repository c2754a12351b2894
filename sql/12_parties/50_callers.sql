-- The instructors that the caller is now, one an organization: whoever leaves an organization is its instructor no more.
-- Definer: the policy of the table that it reads calls it.
create function private.my_instructor_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select instructor.id
        from public.instructors instructor
        join public.organization_members member
            on member.org_id = instructor.org_id
            and member.user_id = instructor.user_id
            and member.role = 'instructor'
        where instructor.user_id = private.my_user_id()
    );
end;
$$;

-- Their folders in Storage: the organization's id, and in it the instructor's.
-- Definer: as my_instructor_ids.
create function private.my_instructor_folders()
    returns text[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select format('%s/%s', instructor.org_id, instructor.id)
        from public.instructors instructor
        where instructor.id = any (private.my_instructor_ids())
    );
end;
$$;

-- The instructors that the caller is or was: what they earned, and how it is paid, stays theirs to read after they have left.
-- Definer: the policy of the table that it reads calls it.
create function private.my_earner_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select instructor.id
        from public.instructors instructor
        where instructor.user_id = private.my_user_id()
    );
end;
$$;

-- The instructors whom the public may know: active and verified. What they offer, and when, is public too.
-- Definer: policies for visitors call it.
create function private.listed_instructor_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select instructor.id
        from public.instructors instructor
        where instructor.is_active
            and instructor.verification_status = 'verified'
    );
end;
$$;

-- The organizations that have such an instructor, whose services for any instructor are public. Definer: as listed_instructor_ids.
create function private.listed_org_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select distinct instructor.org_id
        from public.instructors instructor
        where instructor.is_active
            and instructor.verification_status = 'verified'
    );
end;
$$;

-- The caller's learner rows, one an organization. Definer: the policy of the table that it reads calls it.
create function private.my_learner_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select learner.id
        from public.learners learner
        where learner.user_id = private.my_user_id()
    );
end;
$$;

-- The caller's guardian row, or null. Definer: the policy of the table that it reads calls it.
create function private.my_guardian_id()
    returns uuid
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return (select guardian.id from public.guardians guardian where guardian.user_id = private.my_user_id());
end;
$$;

-- The caller's learner rows, and those whose guardian the caller is with the right to view.
-- Definer: policies of the tables that it reads call it.
create function private.my_family_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return private.my_learner_ids() || private.ward_ids(private.my_user_id(), 'view');
end;
$$;

-- The learners for whom a person may act as guardian in the scope 'view', 'book' or 'pay': from consent until the learner turns
-- 18 (by today's UTC date; an unknown date of birth keeps the right). Definer: policies of the tables that it reads call it.
create function private.ward_ids(p_user_id uuid, p_scope text)
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select link.learner_id
        from public.guardians guardian
        join public.learner_guardians link on link.guardian_id = guardian.id
        cross join lateral private.date_of_birth_of(link.learner_id) birth (on_date)
        where guardian.user_id = p_user_id
            and link.revoked_at is null
            and case p_scope when 'view' then link.can_view when 'book' then link.can_book when 'pay' then link.can_pay end
            and (birth.on_date is null or private.is_minor(birth.on_date))
    );
end;
$$;

-- The organizations of those learners: the family may read the services of any instructor that they booked there.
-- Definer: callers may not read all these tables.
create function private.my_family_org_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select distinct learner.org_id
        from public.learners learner
        where learner.id = any (private.my_family_ids())
    );
end;
$$;

-- Whom the caller has met, in one array: the ids of instructors whom the caller, or a learner whose guardian the caller is, has
-- ever booked, and the ids of learners who have ever booked the caller. They see each other's names.
-- Definer: policies of the tables that it reads call it.
create function private.my_contact_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
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

-- The learners whom the caller may reach as their instructor: from a paid or accepted booking until 90 days after the last lesson.
-- Definer: policies of the tables that it reads call it.
create function private.my_reachable_learner_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select pair.learner_id
        from public.instructor_learners pair
        where pair.instructor_id = any (private.my_instructor_ids())
            and pair.contact_until > private.clock()
    );
end;
$$;

-- The guardians of the caller as a learner, and of the learners in organizations that the caller administers.
-- Definer: the policy of the table that it reads calls it.
create function private.my_learners_guardian_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
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
