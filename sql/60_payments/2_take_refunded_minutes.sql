-- Takes from a lot the minutes that a refund made at Stripe pays back: as many whole ones as are left and as the amount covers.
-- What exceeds their price matches nothing, until an admin resolves it.
create function private.take_refunded_minutes(p_payment public.payments, p_refund public.refunds)
    returns public.refunds
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    credit public.learner_credits;
    part private.credit_part;
    refund public.refunds;
begin
    select * into strict credit from public.learner_credits where id = p_payment.credit_id for no key update;
    part := private.next_credit_part(
        credit,
        least(credit.minutes_left, p_refund.amount_cents * credit.minutes_purchased / credit.total_cents)::integer
    );
    if part.share_cents + part.fee_cents - part.discount_cents > p_refund.amount_cents then
        part := private.next_credit_part(credit, part.minutes - 1);
    end if;

    update public.refunds
    set share_cents = part.share_cents,
        fee_cents = part.fee_cents,
        discount_cents = part.discount_cents,
        unmatched_cents = amount_cents - (part.share_cents + part.fee_cents - part.discount_cents)
    where id = p_refund.id
    returning * into refund;
    if part.minutes > 0 then
        perform private.move_credit(part, 'refund', null, refund.id);
    end if;
    return refund;
end;
$$;
