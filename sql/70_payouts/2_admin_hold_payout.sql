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
