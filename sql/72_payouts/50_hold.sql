-- Holds a payout back that is not on its way. Definer: payouts change only through functions.
create function private.admin_hold_payout(p_payout_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payout public.payouts := private.require_payout(p_payout_id, p_reason);
begin
    if payout.status not in ('pending', 'failed') then
        perform private.refuse_payout_step(payout, 'Only one that waits or failed can be held; an unknown one is looked up first.');
    end if;
    perform private.hold_payout(payout, 'admin_hold', 'The platform is looking into it.');
end;
$$;

-- Lets a held or failed payout be sent again; its next try has a new key. The run is opened again for it.
-- Definer: payouts change only through functions.
create function private.admin_release_payout(p_payout_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payout public.payouts := private.require_payout(p_payout_id, p_reason);
begin
    if payout.status not in ('held', 'failed') then
        perform private.refuse_payout_step(payout, 'Only one that is held or failed can be sent again.');
    end if;

    update public.payouts
    set status = 'pending',
        last_tried_at = null,
        failure_code = null,
        failure_message = null
    where id = payout.id;

    update public.payout_runs
    set status = 'open',
        completed_at = null
    where id = payout.run_id;
end;
$$;

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

-- A payout for an admin of the platform to decide on, locked; the reason is kept in the audit log.
create function private.require_payout(p_payout_id uuid, p_reason text)
    returns public.payouts
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    payout public.payouts;
begin
    perform private.require_platform_admin(p_reason);
    select * into payout from public.payouts where id = p_payout_id for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'payout_not_found',
            'There is no such payout.',
            'Check the id.'
        );
    end if;
    return payout;
end;
$$;

create function private.refuse_payout_step(p_payout public.payouts, p_hint text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT409', 'payout_cannot_do_that',
        format('This payout is %s.', p_payout.status),
        p_hint
    );
end;
$$;
