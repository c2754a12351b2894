-- Records an admin's decision about an instructor. Definer: nobody may update the verification themselves.
create function private.admin_verify_instructor(
    p_instructor_id uuid,
    p_verification_status public.verification_status,
    p_reason text
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.require_platform_admin(p_reason);
    if p_verification_status is null then
        perform private.refuse_violation('', 'verification_status');
    end if;

    update public.instructors
    set verification_status = p_verification_status
    where id = p_instructor_id;

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no such instructor.',
            'Check the id.'
        );
    end if;
end;
$$;
