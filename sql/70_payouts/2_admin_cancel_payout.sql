-- Gives a payout up: one that was not sent returns its earnings to the balance at once; one that was sent is first taken back
-- at Stripe, or only a part of it, such as a payee's share of a later refund, and returns what comes back.
-- Definer: payouts change only through functions.
create function private.admin_cancel_payout(p_payout_id uuid, p_reason text, p_amount_cents bigint)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payout public.payouts := private.require_payout(p_payout_id, p_reason);
    left_cents constant bigint := payout.amount_cents - payout.reversed_cents;
begin
    if payout.status = 'paid' and coalesce(p_amount_cents, left_cents) between 1 and left_cents then
        perform private.send_reversal(payout, coalesce(p_amount_cents, left_cents));
    elsif payout.status in ('pending', 'held', 'failed') and p_amount_cents is null then
        perform private.cancel_payout(payout);
    elsif p_amount_cents is not null then
        perform private.refuse_payout_step(
            payout, format('Of one that is paid %s can be taken back, in the minor unit.', left_cents)
        );
    else
        perform private.refuse_payout_step(payout, 'One that is being sent or unknown is looked up first: run the payout job.');
    end if;
end;
$$;
