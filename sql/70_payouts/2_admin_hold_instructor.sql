-- Holds all payouts of an instructor back, or lets them go again, from the next run on.
-- Definer: nobody sets this themselves.
create function private.admin_hold_instructor(p_instructor_id uuid, p_is_held boolean, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.require_platform_admin(p_reason);

    update public.instructor_details
    set is_payout_held = coalesce(p_is_held, true)
    where instructor_id = p_instructor_id;

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no such instructor.',
            'Check the id.'
        );
    end if;
end;
$$;
