-- Posts a successful payment, then confirms the booking or activates the credit lot that it pays for. Another amount or currency
-- than requested is posted to suspense and pays for nothing (of an authorization, any part may be captured). If the booking or
-- lot is no longer available, the payment is refunded in full. apply_payment_intent calls it.
create function private.apply_payment_success(
    p_payment public.payments,
    p_intent jsonb,
    p_occurred_at timestamptz
)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    received_cents constant bigint := coalesce((p_intent ->> 'amount_received')::bigint, 0);
    payment public.payments;
begin
    if not (
        received_cents = p_payment.amount_cents
        or (p_payment.capture_method = 'manual' and received_cents between 1 and p_payment.amount_cents)
    )
        or lower(p_intent ->> 'currency') is distinct from p_payment.currency
        or p_payment.status = 'cancelled'
    then
        perform private.post_to_suspense(p_payment.org_id, p_payment.id, p_intent, p_occurred_at);
        perform private.move_refunds_to_suspense(p_payment, p_occurred_at);
        update public.payments
        set status = 'unknown',
            authorized_cents = 0,
            failure_code = 'amount_mismatch',
            failure_message = null
        where org_id = p_payment.org_id
            and id = p_payment.id
            and status not in ('cancelled', 'unknown');
        return row('processed', 'amount_mismatch')::private.stripe_outcome;
    end if;

    update public.payments
    set status = 'succeeded',
        authorized_cents = amount_cents,
        captured_cents = received_cents,
        uncaptured_cents = amount_cents - received_cents,
        stripe_charge_id = coalesce(private.expandable_id(p_intent -> 'latest_charge'), stripe_charge_id),
        last_event_at = greatest(last_event_at, p_occurred_at),
        failure_code = null,
        failure_message = null
    where org_id = p_payment.org_id
        and id = p_payment.id
    returning * into payment;

    perform private.release_from_suspense(p_intent, p_occurred_at);
    perform private.post_payment(payment, p_occurred_at);
    perform private.enqueue_command(
        p_payment.org_id, 'fetch_processing_fee', format('payment:%s:processing_fee', p_payment.id),
        jsonb_build_object('payment_id', payment.id, 'payment_intent', p_intent ->> 'id', 'charge', payment.stripe_charge_id)
    );
    if not private.accept_payment(payment) then
        perform private.refund_rest(p_payment.id, 'What was paid for is no longer available.');
    elsif p_payment.uncaptured_cents > payment.uncaptured_cents then
        perform private.create_refund(
            payment, p_payment.uncaptured_cents - payment.uncaptured_cents, 'More was captured than was due.'
        );
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Posts a successful payment. A booking's money is owed to the instructor and the platform at once; a credit lot's is deferred
-- until its minutes are used.
create function private.post_payment(p_payment public.payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.post_transaction(
        p_payment.org_id, 'payment_succeeded', 'payment', p_payment.id, format('payment:%s:succeeded', p_payment.id),
        p_payment.currency, p_occurred_at,
        case p_payment.kind
            when 'credits' then array[
                row('stripe_balance', null, p_payment.captured_cents),
                row('deferred_promotions', null, p_payment.discount_cents),
                row('learner_prepaid', null, -p_payment.share_cents),
                row('deferred_fees', null, -p_payment.fee_cents)
            ]::private.posting[]
            else array[
                row('stripe_balance', null, p_payment.captured_cents),
                row('promotions', null, p_payment.discount_cents - released.discount_cents),
                row('instructor_pending', p_payment.instructor_id, released.share_cents - p_payment.share_cents),
                row('platform_fees', null, released.fee_cents - p_payment.fee_cents)
            ]::private.posting[]
        end
    )
    from private.split_refund(p_payment, p_payment.uncaptured_cents) released;
end;
$$;

-- Confirms the booking or activates the credit lot that a payment pays for, once. Returns false if it is no longer available, so
-- that the caller refunds the money or cancels the authorization.
create function private.accept_payment(p_payment public.payments)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    is_available boolean := p_payment.is_accepted;
begin
    if p_payment.is_accepted then
        return true;
    end if;
    is_available := case p_payment.kind
        when 'credits' then private.activate_credit(p_payment.credit_id)
        else private.confirm_paid_booking(p_payment.booking_id)
    end;
    if is_available then
        update public.payments set is_accepted = true where id = p_payment.id;
    end if;
    return is_available;
end;
$$;

-- Makes the minutes of a paid credit lot usable. Returns false if the lot was paid before.
create function private.activate_credit(p_credit_id uuid)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
begin
    update public.learner_credits lot
    set status = 'active',
        hold_expires_at = null,
        activated_at = private.clock(),
        expires_at = private.clock() + make_interval(months => organization.credit_validity_months)
    from public.organizations organization
    where lot.id = p_credit_id
        and organization.id = lot.org_id
        and lot.status in ('pending', 'cancelled')
    returning lot.* into credit;
    if not found then
        return false;
    end if;

    perform private.add_credit_entry(
        row(
            credit.id, credit.minutes_purchased,
            credit.instructor_share_cents, credit.platform_fee_cents, credit.discount_cents
        )::private.credit_part,
        'purchase', null, null
    );
    perform private.finish_redemption(null, credit.id, 'redeemed');
    return true;
end;
$$;
