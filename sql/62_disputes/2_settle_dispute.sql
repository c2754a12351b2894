-- Brings the books to what a dispute has come to. While it is open nothing of the payment is refunded or paid out. Once lost,
-- what Stripe keeps is no claim any more: it takes back fee and discount in proportion, and the share from whom the risk is;
-- what exceeds the payment is the platform's loss; what is in suspense is lost from there. Said as the difference to what was
-- booked before, it is right in any order.
create function private.settle_dispute(p_dispute_id uuid, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    dispute public.disputes;
    payment public.payments;
begin
    select * into strict dispute from public.disputes where id = p_dispute_id;
    update public.payments
    set is_disputed = exists (
        select
        from public.disputes open_dispute
        where open_dispute.payment_id = payments.id
            and open_dispute.status in ('needs_response', 'under_review')
    )
    where id = dispute.payment_id
    returning * into payment;

    if payment.status = 'unknown' and dispute.status = 'lost' then
        perform private.post_transaction(
            'dispute_lost', 'dispute', dispute.id, format('dispute:%s:lost:suspense', dispute.id),
            dispute.currency, p_occurred_at,
            array[
                row('dispute_receivable', null, -private.dispute_claim_cents(dispute)),
                row('suspense', null, private.dispute_claim_cents(dispute))
            ]::private.posting[]
        );
    elsif payment.kind = 'credits' then
        perform private.settle_credit_dispute(dispute, payment, p_occurred_at);
    elsif dispute.status = 'lost' then
        perform private.lose_payment(dispute, payment, p_occurred_at);
    end if;
    if dispute.status in ('warning_needs_response', 'needs_response', 'lost') then
        perform private.raise_alert(
            dispute.org_id, dispute.instructor_id, 'dispute_' || dispute.status,
            case dispute.status
                when 'lost' then 'A dispute was lost. Stripe keeps the money.'
                else 'The payer''s bank disputes a payment. Evidence can be given in Stripe''s Dashboard.'
            end,
            'disputes', dispute.id, format('dispute:%s:%s', dispute.id, dispute.status)
        );
    end if;
end;
$$;
