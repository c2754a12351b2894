-- Takes an invitation back that nobody has accepted. Definer: nobody writes invitations directly.
create function private.revoke_invitation(p_invitation_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
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
