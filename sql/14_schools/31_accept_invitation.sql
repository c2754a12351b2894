-- Gives the caller the offered role: once, before the invitation expires, only with the invited address verified, and only while
-- the inviter may still assign that role.
-- Definer: nobody writes memberships directly.
create function private.accept_invitation(p_token text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    invitation public.invitations;
begin
    select offered.* into invitation
    from private.invitation_tokens known
    join public.invitations offered on offered.org_id = known.org_id and offered.id = known.invitation_id
    where known.token_hash = sha256(convert_to(p_token, 'UTF8'))
    for no key update of offered;

    if not found or invitation.revoked_at is not null then
        perform private.refuse(
            'PT404', 'invitation_not_found',
            'There is no such invitation.',
            'Ask for a new one.'
        );
    end if;
    if lower(invitation.email) is distinct from private.verified_email(person) then
        perform private.refuse(
            '42501', 'invitation_for_another',
            'This invitation is for another address.',
            'Sign in with the invited address, and verify it first.'
        );
    end if;
    if invitation.accepted_at is not null then
        perform private.refuse(
            'PT409', 'invitation_used',
            'This invitation has already been used.',
            'If you accepted it, you are a member; else ask for a new one.'
        );
    end if;
    if invitation.expires_at <= private.clock()
        or not private.can_assign_role(invitation.invited_by, invitation.org_id, invitation.role)
    then
        perform private.refuse(
            'PT422', 'invitation_expired',
            'This invitation has expired.',
            'Ask for a new one.'
        );
    end if;

    update public.invitations
    set accepted_at = private.clock(),
        accepted_by = person
    where org_id = invitation.org_id
        and id = invitation.id;

    insert into public.organization_members (org_id, user_id, role)
    values (invitation.org_id, person, invitation.role)
    on conflict do nothing;

    perform private.link_login(invitation, person);
    return invitation.org_id;
end;
$$;

-- Makes the person the instructor or learner that the invitation names, or creates one. A person has at most one instructor row
-- and one learner row in an organization, and gets the same one when they come back. A new instructor is unavailable until they
-- set a rate. Called by accept_invitation.
create function private.link_login(p_invitation public.invitations, p_user_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_learner_id uuid;
    person_name text := (
        select coalesce(nullif(profile.full_name, ''), nullif(profile.display_name, ''), 'New member')
        from public.profiles profile
        where profile.id = p_user_id
    );
begin
    if p_invitation.role = 'instructor' and p_invitation.instructor_id is null then
        insert into public.instructors (
            org_id, user_id, display_name, hourly_rate_cents, currency, time_zone, is_available
        )
        select organization.id, p_user_id, person_name, 0, organization.currency, organization.time_zone, false
        from public.organizations organization
        where organization.id = p_invitation.org_id
        on conflict (org_id, user_id) do update set is_active = true;
    elsif p_invitation.role = 'instructor' then
        update public.instructors
        set user_id = p_user_id
        where org_id = p_invitation.org_id
            and id = p_invitation.instructor_id
            and user_id is null;
        perform private.assert_login_is_linked(found);
    elsif p_invitation.role = 'learner' and p_invitation.learner_id is null then
        insert into public.learners (org_id, user_id, full_name)
        values (p_invitation.org_id, p_user_id, person_name)
        on conflict (org_id, user_id) do nothing
        returning id into new_learner_id;
        update public.learner_contacts set email = p_invitation.email where learner_id = new_learner_id;
    elsif p_invitation.role = 'learner' then
        update public.learners
        set user_id = p_user_id
        where org_id = p_invitation.org_id
            and id = p_invitation.learner_id
            and user_id is null;
        perform private.assert_login_is_linked(found);
    end if;
exception
    when unique_violation then
        perform private.assert_login_is_linked(false);
    when serialization_failure then
        perform private.refuse(
            'PT409', 'calendar_changed',
            'A lesson was booked at the same moment.',
            'Accept again.'
        );
end;
$$;

-- Refuses unless the row was still free to take the login. Called by link_login.
create function private.assert_login_is_linked(p_is_linked boolean)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not p_is_linked then
        perform private.refuse(
            'PT409', 'login_is_linked',
            'You have another profile in this school, or this profile has another login already.',
            'Ask the school for an invitation that names nobody.'
        );
    end if;
end;
$$;
