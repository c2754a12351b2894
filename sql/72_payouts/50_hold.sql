-- Holds a payout that is not being sent, for a platform admin. Definer: no role may write payouts.
create function private.admin_hold_payout(p_payout_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts := private.require_payout(p_payout_id, p_reason);
begin
    if payout.status not in ('pending', 'failed') then
        perform private.refuse_payout_step(
            payout, 'Only a pending or failed payout can be held. If it is unknown, run the payout job: it looks the transfer up.'
        );
    end if;
    perform private.hold_payout(payout, 'admin_hold', 'The platform is looking into it.');
end;
$$;

-- Makes a held or failed payout pending again, for a platform admin, and reopens its run so that the payout job sends it.
-- Definer: no role may write payouts.
create function private.admin_release_payout(p_payout_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts := private.require_payout(p_payout_id, p_reason);
begin
    if payout.status not in ('held', 'failed') then
        perform private.refuse_payout_step(payout, 'Only a held or failed payout can be released.');
    end if;

    update public.payouts
    set status = 'pending',
        last_tried_at = null,
        failure_code = null,
        failure_message = null
    where org_id = payout.org_id
        and id = payout.id;

    update public.payout_runs
    set status = 'open',
        completed_at = null
    where org_id = payout.org_id
        and id = payout.run_id;
end;
$$;

-- Holds all future payouts of an instructor, or stops holding them, for a platform admin: runs opened from now on read it.
-- Definer: no role may write this column.
create function private.admin_hold_instructor(p_instructor_id uuid, p_is_held boolean, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_platform_admin(p_reason);

    update public.instructor_details
    set is_payout_held = coalesce(p_is_held, true)
    where instructor_id = p_instructor_id;

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no instructor with that id.',
            'Check the id.'
        );
    end if;
end;
$$;

-- Returns a payout, locked, for a platform admin to decide on. The audit log keeps the reason.
create function private.require_payout(p_payout_id uuid, p_reason text)
    returns public.payouts
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts;
begin
    perform private.require_platform_admin(p_reason);
    select * into payout from public.payouts where id = p_payout_id for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'payout_not_found',
            'There is no payout with that id.',
            'Check the id.'
        );
    end if;
    return payout;
end;
$$;

-- Refuses what a payout's status does not allow; the hint says what is allowed.
create function private.refuse_payout_step(p_payout public.payouts, p_hint text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'payout_cannot_do_that',
        format('This payout is %s.', p_payout.status),
        p_hint
    );
end;
$$;
