-- Refunds all that is left of a payment; does nothing if nothing is left.
create function private.refund_rest(p_payment_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    rest_cents bigint;
begin
    select * into strict payment from public.payments where id = p_payment_id for no key update;
    rest_cents := private.refundable_cents(payment);
    if rest_cents > 0 then
        perform private.create_refund(payment, rest_cents, p_reason);
    end if;
end;
$$;

-- Creates a refund and queues the command that makes it at Stripe. The caller holds the payment's lock.
create function private.create_refund(
    p_payment public.payments,
    p_amount_cents bigint,
    p_reason text,
    p_client_key text default null
)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_refund_id uuid;
begin
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, client_key, requested_by
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id,
        p_payment.currency, p_amount_cents, p_reason, 'pending', p_client_key, private.my_user_id()
    )
    returning id into new_refund_id;

    perform private.send_refund(new_refund_id);
    return new_refund_id;
end;
$$;

-- Queues the command that makes a refund at Stripe, once, under a key made of the row's id.
create function private.send_refund(p_refund_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.enqueue_command(
        refund.org_id, 'refund_payment', format('refund:%s', refund.id),
        jsonb_build_object(
            'refund_id', refund.id,
            'payment_intent', payment.stripe_payment_intent_id,
            'amount_cents', refund.amount_cents,
            'currency', refund.currency,
            'idempotency_key', format('refund:%s', refund.id),
            'metadata', jsonb_build_object('refund_id', refund.id, 'payment_id', payment.id)
        ),
        format('payment:%s', payment.id)
    )
    from public.refunds refund
    join public.payments payment on payment.org_id = refund.org_id and payment.id = refund.payment_id
    where refund.id = p_refund_id;
$$;

-- Records that Stripe finally refused a refund: the money is still owed to the learner. The jobs call it.
-- Definer: the jobs have no access to the tables.
create function private.record_refund_failure(p_refund_id uuid, p_code text, p_message text)
    returns void
    language sql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
    update public.refunds
    set status = 'failed',
        failure_code = left(p_code, 100),
        failure_message = left(p_message, 500)
    where id = p_refund_id
        and status in ('pending', 'requires_action');
$$;
