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
