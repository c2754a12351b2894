-- Keeps a payment's order, parties and amounts as they were when it was opened.
-- Definer: the writer may have no access to private.
create function private.forbid_payment_repricing()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if row(
        new.id, new.org_id, new.kind, new.order_id, coalesce(new.payer_id, old.payer_id), new.learner_id, new.instructor_id,
        new.currency, new.list_cents, new.discount_cents, new.fee_cents, new.share_cents, new.amount_cents,
        new.is_fee_refundable, new.minutes, new.capture_method
    ) is distinct from row(
        old.id, old.org_id, old.kind, old.order_id, old.payer_id, old.learner_id, old.instructor_id, old.currency,
        old.list_cents, old.discount_cents, old.fee_cents, old.share_cents, old.amount_cents,
        old.is_fee_refundable, old.minutes, old.capture_method
    ) then
        perform private.refuse(
            'PT409', 'payment_is_frozen',
            'A payment keeps its parties and its amounts.',
            'Refund it, and open another payment.'
        );
    end if;
    return new;
end;
$$;

create trigger forbid_payment_repricing
    before update on public.payments
    for each row execute function private.forbid_payment_repricing();

-- Refuses a refund that an admin in Studio adds by hand: what it is for would not be known. A refund that follows from an edit, such as a
-- lesson's cancellation, comes from a trigger and passes. Definer: the writer may have no access to private.
create function private.forbid_refund_by_hand()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if private.actor_kind() = 'studio' then
        perform private.refuse(
            'PT409', 'illegal_transition',
            'A refund cannot be added by hand.',
            format('Cancel the lesson, or call %s.', private.function_of_step('refund', 'pending'))
        );
    end if;
    return new;
end;
$$;

create trigger forbid_refund_by_hand
    before insert on public.refunds
    for each row
    when (new.status = 'pending' and pg_trigger_depth() = 0)
    execute function private.forbid_refund_by_hand();

-- Refuses a refund of ours that exceeds the payment's refundable amount, whoever writes it, Studio included. A refund made in
-- Stripe's Dashboard has already happened and is not refused. Definer: the writer needs no access to payments.
create function private.assert_refund_is_covered()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    select * into strict payment from public.payments where id = new.payment_id for no key update;
    perform private.assert_payment_is_refundable(payment, new.amount_cents);
    return new;
end;
$$;

create trigger assert_refund_is_covered
    before insert or update of status on public.refunds
    for each row
    when (new.status = 'pending' and new.stripe_refund_id is null)
    execute function private.assert_refund_is_covered();

-- Refuses to refund a disputed payment, or more than is left of it. The caller holds the payment's lock. Refunds of payments and
-- of credit lots call it before they write anything, so that a refusal names the rule.
create function private.assert_payment_is_refundable(p_payment public.payments, p_amount_cents bigint)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_payment.is_disputed then
        perform private.refuse(
            'PT409', 'payment_disputed',
            'The payer''s bank disputes this payment, so it cannot be refunded now.',
            'Wait until the dispute has ended.'
        );
    end if;
    if p_amount_cents > private.refundable_cents(p_payment) then
        perform private.refuse(
            'PT409', 'refund_exceeds_payment',
            format('At most %s (minor units) of this payment can be refunded.', private.refundable_cents(p_payment)),
            'Send a smaller amount.'
        );
    end if;
end;
$$;
