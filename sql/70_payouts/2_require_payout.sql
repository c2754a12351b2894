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
