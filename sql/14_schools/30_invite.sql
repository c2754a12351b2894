-- Offers a role to an address. Returns the token this once, to be sent to that address; only its hash is stored. The invitation
-- may name an instructor or a learner whom the school has added: the invited person then becomes that row's login.
-- Definer: nobody writes invitations directly.
create function private.invite_member(
    p_org_id uuid,
    p_email text,
    p_role public.org_role,
    p_instructor_id uuid,
    p_learner_id uuid
)
    returns table (invitation_id uuid, token text, expires_at timestamptz)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    secret text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
    invitation public.invitations;
    broken_rule text;
    missing_column text;
begin
    perform private.assert_can_assign_role(p_org_id, p_role);
    perform private.assert_party_has_no_login(p_org_id, p_instructor_id, p_learner_id);
    perform private.assert_may_invite(private.my_user_id());

    insert into public.invitations (
        org_id, email, role, instructor_id, learner_id, invited_by, expires_at
    )
    values (
        p_org_id, lower(trim(p_email)), p_role, p_instructor_id, p_learner_id, private.my_user_id(),
        private.clock() + interval '7 days'
    )
    returning * into invitation;
    insert into private.invitation_tokens (org_id, invitation_id, token_hash)
    values (invitation.org_id, invitation.id, sha256(convert_to(secret, 'UTF8')));

    return query select invitation.id, secret, invitation.expires_at;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;

-- Refuses a person's 51st invitation within 24 hours, for whichever school and whatever became of the others: each leads to a mail to
-- somebody who did not ask for it. The person's profile is locked, so that invitations made at once are counted one by one.
create function private.assert_may_invite(p_user_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    max_a_day constant integer := 50;
begin
    perform from public.profiles where id = p_user_id for no key update;
    if (
        select count(*)
        from public.invitations invitation
        where invitation.invited_by = p_user_id
            and invitation.created_at > private.clock() - interval '24 hours'
    ) >= max_a_day then
        perform private.refuse(
            'PT429', 'too_many_invitations',
            format('A person can make %s invitations a day.', max_a_day),
            'Go on tomorrow, or let another admin of the school invite.'
        );
    end if;
end;
$$;

-- Refuses an instructor or a learner who is not the school's, or who has a login already.
create function private.assert_party_has_no_login(p_org_id uuid, p_instructor_id uuid, p_learner_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_instructor_id is not null and not exists (
        select
        from public.instructors instructor
        where instructor.id = p_instructor_id
            and instructor.org_id = p_org_id
            and instructor.user_id is null
    ) then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor without a login.',
            'Check the id, or leave it out to invite somebody new.'
        );
    end if;
    if p_learner_id is not null and not exists (
        select
        from public.learners learner
        where learner.id = p_learner_id
            and learner.org_id = p_org_id
            and learner.user_id is null
    ) then
        perform private.refuse(
            'PT404', 'learner_not_found',
            'Your organization has no such learner without a login.',
            'Check the id, or leave it out to invite somebody new.'
        );
    end if;
end;
$$;

-- Withdraws an invitation that nobody has accepted yet. Definer: nobody writes invitations directly.
create function private.revoke_invitation(p_invitation_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();

    update public.invitations
    set revoked_at = private.clock()
    where id = p_invitation_id
        and org_id = any (private.my_admin_org_ids())
        and num_nonnulls(accepted_at, revoked_at) = 0;

    if not found then
        perform private.refuse(
            'PT404', 'invitation_not_found',
            'There is no such open invitation.',
            'Check the id.'
        );
    end if;
end;
$$;
