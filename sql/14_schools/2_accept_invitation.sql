-- Takes the offered role: once, in time, by the owner of the invited address only, and while who invited could still give it.
-- Definer: nobody writes memberships directly.
create function private.accept_invitation(p_token text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    person uuid := private.require_person();
    invitation public.invitations;
begin
    select * into invitation
    from public.invitations
    where token_hash = sha256(convert_to(p_token, 'UTF8'))
    for no key update;

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
            'Sign in with the address that was invited, and verify it first.'
        );
    end if;
    if invitation.accepted_at is not null then
        perform private.refuse(
            'PT409', 'invitation_used',
            'This invitation has been used.',
            'You are a member already.'
        );
    end if;
    if invitation.expires_at <= private.clock()
        or not private.has_rank(invitation.invited_by, invitation.org_id, invitation.role)
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
    where id = invitation.id;

    insert into public.organization_members (org_id, user_id, role)
    values (invitation.org_id, person, invitation.role)
    on conflict do nothing;

    perform private.link_login(invitation, person);
    return invitation.org_id;
end;
$$;
