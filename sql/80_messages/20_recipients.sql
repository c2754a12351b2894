-- Whom to tell on the learner's side: the learner's login and the guardians who may view, until the learner turns 18. So no message about
-- a minor goes without the guardian's copy.
create function private.learner_side(p_learner_id uuid)
    returns uuid[]
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return array(
        select learner.user_id
        from public.learners learner
        where learner.id = p_learner_id
            and learner.user_id is not null
        union
        select guardian.user_id
        from public.learner_guardians link
        join public.guardians guardian on guardian.id = link.guardian_id
        where link.learner_id = p_learner_id
            and link.revoked_at is null
            and link.can_view
            and guardian.user_id is not null
            and p_learner_id = any (private.ward_ids(guardian.user_id, 'view'))
    );
end;
$$;

-- Whether a learner has no login: then the school's address for them is used.
create function private.has_no_login(p_learner_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select exists (select from public.learners learner where learner.id = p_learner_id and learner.user_id is null)
    );
end;
$$;

-- The owners and admins of an organization; the platform's admins for the marketplace and the platform.
create function private.admins_of(p_org_id uuid)
    returns uuid[]
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return array(
        select member.user_id
        from public.organization_members member
        where member.org_id = p_org_id
            and member.role in ('owner', 'admin')
        union
        select admin.user_id
        from private.platform_admins admin
        join public.organizations organization on organization.id = p_org_id
        where organization.is_marketplace or organization.is_platform
    );
end;
$$;

-- Whom to tell on the instructor's side: the instructor, while a member with a login; else the school's admins.
create function private.instructor_side(p_org_id uuid, p_instructor_id uuid)
    returns uuid[]
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(
            (
                select array[instructor.user_id]
                from public.instructors instructor
                where instructor.org_id = p_org_id
                    and instructor.id = p_instructor_id
                    and exists (
                        select
                        from public.organization_members member
                        where member.org_id = p_org_id
                            and member.user_id = instructor.user_id
                            and member.role = 'instructor'
                    )
            ),
            private.admins_of(p_org_id)
        )
    );
end;
$$;

-- Whom to tell of a payee's money: the instructor, also after they have left; the school's admins where the school is paid.
create function private.payee_side(p_org_id uuid, p_instructor_id uuid)
    returns uuid[]
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        (
            select array[instructor.user_id]
            from public.instructors instructor
            where instructor.org_id = p_org_id
                and instructor.id = p_instructor_id
                and instructor.user_id is not null
        ),
        private.admins_of(p_org_id)
    );
$$;

-- Whom to tell of an alert that names an instructor: of their money also after they have left, of everything else only while they are there.
create function private.alerted_side(p_alert public.alerts, p_kind text)
    returns uuid[]
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_alert.instructor_id is null then '{}'
        when p_kind in ('payout_held', 'payout_changed', 'account_changed', 'dispute_opened')
            then private.payee_side(p_alert.org_id, p_alert.instructor_id)
        else private.instructor_side(p_alert.org_id, p_alert.instructor_id)
    end;
$$;

-- A person's number as providers take it, if a code that was sent to it came back; else null.
create function private.proven_phone(p_person_id uuid, p_phone text)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select proven.phone
    from private.phone_codes proven
    where proven.user_id = p_person_id
        and proven.phone = private.phone_or_null(p_phone)
        and proven.proven_at is not null
    limit 1;
$$;

-- A person's address for a channel, or a learner's without a login; null: there is none. Texts go only to the number in the profile, and only
-- once it is proven to be the person's.
create function private.address_of(p_channel public.message_channel, p_person_id uuid, p_learner_id uuid)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_channel when 'email' then lower(contact.email) else contact.phone end
    from (
        select profile.email, private.proven_phone(profile.id, profile.phone) as phone
        from public.profiles profile
        where profile.id = p_person_id
        union all
        select known.email, null
        from public.learner_contacts known
        where p_person_id is null
            and known.learner_id = p_learner_id
            and private.has_no_login(p_learner_id)
    ) contact;
$$;
