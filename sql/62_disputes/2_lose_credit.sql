-- Books the loss of a lot whose purchase's dispute was lost: the minutes that are left are gone, and what they do not cover of
-- the claim is the platform's loss. Minutes that come back later lessen that loss.
create function private.lose_credit(
    p_dispute public.disputes,
    p_payment public.payments,
    p_credit public.learner_credits,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    claim_cents constant bigint := private.dispute_claim_cents(p_dispute);
    part constant private.credit_part := private.next_credit_part(p_credit, p_credit.minutes_left);
    loss_cents constant bigint := least(
        part.share_cents + part.fee_cents - part.discount_cents,
        p_payment.amount_cents - private.returned_cents(p_payment)
    );
begin
    if part.minutes > 0 then
        perform private.move_credit(part, 'dispute', null, null);
    end if;
    update public.learner_credits set status = 'closed' where id = p_credit.id and status in ('active', 'frozen');
    update public.payments set lost_cents = lost_cents + loss_cents where id = p_payment.id;
    update public.disputes
    set lost_cents = lost_cents + loss_cents,
        lost_share_cents = lost_share_cents + part.share_cents,
        revision = revision + 1
    where id = p_dispute.id;

    perform private.post_transaction(
        'dispute_lost', 'dispute', p_dispute.id, format('dispute:%s:lost:%s', p_dispute.id, p_dispute.revision),
        p_dispute.currency, p_occurred_at,
        array[
            row('dispute_receivable', null, -claim_cents),
            row('learner_prepaid', null, part.share_cents),
            row('deferred_fees', null, part.fee_cents),
            row('deferred_promotions', null, -part.discount_cents),
            row(
                'dispute_losses', null,
                claim_cents - (part.share_cents + part.fee_cents - part.discount_cents)
            )
        ]::private.posting[]
    );
end;
$$;
