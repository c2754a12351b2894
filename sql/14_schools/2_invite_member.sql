-- Offers a role to an address. The token is told once, here, to be sent to that address; only its hash is kept. It can be
-- bound to an instructor or a learner whom the school manages, whose login the invited person then is.
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
    set search_path = ''
as $$
declare
    secret text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
    broken_rule text;
    missing_column text;
begin
    perform private.require_rank(p_org_id, p_role);
    perform private.check_invited_party(p_org_id, p_instructor_id, p_learner_id);

    return query
    insert into public.invitations as invitation (
        org_id, email, role, instructor_id, learner_id, token_hash, invited_by, expires_at
    )
    values (
        p_org_id, lower(trim(p_email)), p_role, p_instructor_id, p_learner_id,
        sha256(convert_to(secret, 'UTF8')), private.my_user_id(), private.clock() + interval '7 days'
    )
    returning invitation.id, secret, invitation.expires_at;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;
