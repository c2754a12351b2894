-- Records Stripe's response to a refund from the outbox. Definer: the jobs have no access to the tables.
create function private.record_refund(p_refund_id uuid, p_refund jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if private.uuid_or_null(p_refund -> 'metadata' ->> 'refund_id') is distinct from p_refund_id then
        perform private.refuse(
            'PT422', 'wrong_refund',
            'That refund belongs to another row.',
            'Record the refund that was created with this row''s metadata.'
        );
    end if;
    perform private.apply_refund(p_refund, private.clock());
end;
$$;

-- Applies a refund from a Stripe event or response, also one made in Stripe's Dashboard. A refund only moves forward (pending,
-- requires_action, succeeded, then possibly failed), so late events change nothing. It is in the payment's currency, unless
-- the money itself came in another one and is in suspense.
create function private.apply_refund(p_refund jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.refund_status := replace(p_refund ->> 'status', 'canceled', 'cancelled');
    payment public.payments;
    refund public.refunds;
begin
    select * into payment
    from public.payments
    where stripe_payment_intent_id = private.expandable_id(p_refund -> 'payment_intent')
    for no key update;
    if not found then
        return private.apply_refund_to_suspense(p_refund, p_occurred_at);
    end if;
    if payment.status <> 'unknown' and lower(p_refund ->> 'currency') is distinct from payment.currency then
        return row('parked', 'refund_currency_differs')::private.stripe_outcome;
    end if;

    refund := private.find_or_add_refund(payment, p_refund);
    if new_status <= refund.status then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    if new_status = 'succeeded' then
        perform private.post_refund(payment, refund, p_occurred_at);
    elsif refund.status = 'succeeded' then
        perform private.reverse_refund(payment, refund, p_occurred_at);
    end if;

    update public.refunds
    set status = new_status,
        failure_code = p_refund ->> 'failure_reason'
    where org_id = refund.org_id
        and id = refund.id;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Returns the row of a Stripe refund: by its id, by the metadata we gave it, or added now if it was made in Stripe's Dashboard.
create function private.find_or_add_refund(p_payment public.payments, p_refund jsonb)
    returns public.refunds
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
begin
    select * into refund from public.refunds where stripe_refund_id = p_refund ->> 'id';
    if found then
        return refund;
    end if;

    update public.refunds
    set stripe_refund_id = p_refund ->> 'id'
    where id = private.uuid_or_null(p_refund -> 'metadata' ->> 'refund_id')
        and payment_id = p_payment.id
        and amount_cents = (p_refund ->> 'amount')::bigint
        and stripe_refund_id is null
    returning * into refund;
    if found then
        return refund;
    end if;

    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, stripe_refund_id
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id, lower(p_refund ->> 'currency'),
        (p_refund ->> 'amount')::bigint, 'Made in Stripe''s Dashboard.', 'pending', p_refund ->> 'id'
    )
    returning * into refund;
    if p_payment.kind = 'credits' and p_payment.is_accepted then
        refund := private.take_refunded_minutes(p_payment, refund);
    end if;
    return refund;
end;
$$;

-- Takes from a credit lot the minutes that a refund made in Stripe's Dashboard pays back: as many whole minutes as are left, or were
-- lost to disputes, and as the amount covers. The rest is posted to suspense until an admin resolves it. What disputes have cost is
-- of what no refund has paid back, so lost minutes are restored first; 82_effects has them taken again.
create function private.take_refunded_minutes(p_payment public.payments, p_refund public.refunds)
    returns public.refunds
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
    lost_minutes constant integer := (private.lost_minutes(p_payment.credit_id)).minutes;
    part private.credit_part;
    refund public.refunds;
begin
    select * into strict credit
    from public.learner_credits
    where org_id = p_payment.org_id
        and id = p_payment.credit_id
    for no key update;
    if lost_minutes > 0 and p_refund.amount_cents * credit.minutes_purchased >= credit.total_cents then
        perform private.restore_lost_minutes(credit, lost_minutes);
        select * into strict credit from public.learner_credits where org_id = credit.org_id and id = credit.id;
    end if;
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
    where org_id = p_refund.org_id
        and id = p_refund.id
    returning * into refund;
    if part.minutes > 0 then
        perform private.add_credit_entry(part, 'refund', null, refund.id);
    end if;
    if refund.unmatched_cents > 0 then
        insert into private.suspense_items (org_id, refund_id, currency, amount_cents)
        values (refund.org_id, refund.id, refund.currency, -refund.unmatched_cents);
    end if;
    return refund;
end;
$$;

-- Restores the discount of what a refund paid back, once the whole payment was refunded. 82_effects calls it.
create function private.finish_refund(p_refund public.refunds)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.restore_discount(payment.booking_id, payment.credit_id)
    from public.payments payment
    where payment.org_id = p_refund.org_id
        and payment.id = p_refund.payment_id
        and payment.refunded_cents = payment.captured_cents;
end;
$$;

-- A refund that failed is still owed: its prepaid minutes are restored, and the admins are told. 82_effects calls it.
create function private.undo_failed_refund(p_refund public.refunds)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    entry public.credit_entries;
begin
    select * into entry
    from public.credit_entries
    where org_id = p_refund.org_id
        and refund_id = p_refund.id
        and kind = 'refund';
    if found then
        perform private.add_credit_entry(
            row(entry.credit_id, entry.minutes, entry.share_cents, entry.fee_cents, entry.discount_cents)::private.credit_part,
            'refund_failed', null, p_refund.id
        );
    end if;
    perform private.raise_alert(
        p_refund.org_id, null, 'refund_failed',
        case p_refund.failure_code
            when 'refunds_not_in_books' then
                'A refund was not sent, because Stripe had refunded the payment before and the books did not know it. They do now: '
                'refund only what is still owed.'
            else 'A refund did not reach the payer. The money is still owed: refund it again, or another way.'
        end,
        'refunds', p_refund.id, format('refund:%s:failed', p_refund.id)
    );
end;
$$;
