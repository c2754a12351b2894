-- Applies a dispute from a Stripe event. Each of its balance transactions is posted once, and its status only moves forward, so
-- late and repeated events change nothing.
create function private.apply_dispute(p_dispute jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.dispute_status := p_dispute ->> 'status';
    payment public.payments;
    dispute public.disputes;
begin
    select * into payment
    from public.payments
    where stripe_payment_intent_id = private.expandable_id(p_dispute -> 'payment_intent')
        or stripe_charge_id = private.expandable_id(p_dispute -> 'charge')
    for no key update;
    if not found then
        return private.apply_dispute_to_suspense(p_dispute, p_occurred_at);
    end if;
    if lower(p_dispute ->> 'currency') <> payment.currency then
        return row('parked', 'settlement_currency_differs')::private.stripe_outcome;
    end if;

    insert into public.disputes (
        org_id, payment_id, learner_id, instructor_id, stripe_dispute_id, status, reason, currency, amount_cents,
        liability, opened_at, closed_at
    )
    select
        payment.org_id, payment.id, payment.learner_id, payment.instructor_id, p_dispute ->> 'id', new_status,
        p_dispute ->> 'reason', payment.currency, (p_dispute ->> 'amount')::bigint,
        organization.dispute_liability, to_timestamp((p_dispute ->> 'created')::bigint),
        case when private.is_dispute_closed(new_status) then p_occurred_at end
    from public.organizations organization
    where organization.id = payment.org_id
    on conflict (stripe_dispute_id) do nothing;

    update public.disputes
    set status = greatest(status, new_status),
        amount_cents = case when new_status >= status then (p_dispute ->> 'amount')::bigint else amount_cents end,
        evidence_due_at = case
            when new_status >= status then to_timestamp((p_dispute #>> '{evidence_details,due_by}')::bigint)
            else evidence_due_at
        end,
        has_evidence = has_evidence or coalesce((p_dispute #>> '{evidence_details,has_evidence}')::boolean, false),
        is_charge_refundable = case
            when new_status >= status then coalesce((p_dispute ->> 'is_charge_refundable')::boolean, false)
            else is_charge_refundable
        end,
        closed_at = coalesce(closed_at, case when private.is_dispute_closed(new_status) then p_occurred_at end)
    where stripe_dispute_id = p_dispute ->> 'id'
    returning * into dispute;

    perform private.post_dispute_transactions(dispute, p_dispute -> 'balance_transactions', p_occurred_at);
    perform private.post_dispute_result(dispute.id, p_occurred_at);
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Whether the bank has decided, or the early warning has ended.
create function private.is_dispute_closed(p_status public.dispute_status)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_status in ('warning_closed', 'prevented', 'lost', 'won');
$$;

-- Posts what Stripe withdrew for a dispute or reinstated, each balance transaction once. The amount is a receivable from the bank
-- until the dispute ends; Stripe's dispute fee is the platform's cost.
create function private.post_dispute_transactions(
    p_dispute public.disputes,
    p_transactions jsonb,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    balance_transaction private.dispute_transactions;
begin
    for balance_transaction in
        insert into private.dispute_transactions (org_id, stripe_id, dispute_id, amount_cents, fee_cents)
        select p_dispute.org_id, given.id, p_dispute.id, given.amount, given.fee
        from jsonb_to_recordset(p_transactions) given (id text, amount bigint, fee bigint)
        on conflict (stripe_id) do nothing
        returning *
    loop
        update public.disputes
        set withdrawn_cents = withdrawn_cents - balance_transaction.amount_cents,
            fee_cents = fee_cents + balance_transaction.fee_cents
        where org_id = p_dispute.org_id
            and id = p_dispute.id;
        perform private.post_transaction(
            p_dispute.org_id, 'dispute_funds_moved', 'dispute', p_dispute.id, format('dispute:%s:%s', p_dispute.id, balance_transaction.stripe_id),
            p_dispute.currency, p_occurred_at,
            array[
                row('dispute_receivable', null, -balance_transaction.amount_cents),
                row('dispute_fees', null, balance_transaction.fee_cents),
                row('stripe_balance', null, balance_transaction.amount_cents - balance_transaction.fee_cents)
            ]::private.posting[]
        );
    end loop;
end;
$$;

-- Recomputes what a dispute costs. While it is open, the payment is neither refunded nor paid out. Once lost, the receivable is
-- written off: fee and discount are reversed in proportion, the instructor's share is charged to whoever bears liability, and
-- anything above the payment is the platform's loss. A payment in suspense is written off from there. Posts only the
-- difference from what was posted before, so events may arrive in any order.
create function private.post_dispute_result(p_dispute_id uuid, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
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
            dispute.org_id, 'dispute_lost', 'dispute', dispute.id, format('dispute:%s:lost:suspense', dispute.id),
            dispute.currency, p_occurred_at,
            array[
                row('dispute_receivable', null, -private.dispute_claim_cents(dispute)),
                row('suspense', null, private.dispute_claim_cents(dispute))
            ]::private.posting[]
        );
    elsif payment.kind = 'credits' then
        perform private.post_credit_dispute_result(dispute, payment, p_occurred_at);
    elsif dispute.status = 'lost' then
        perform private.write_off_payment(dispute, payment, p_occurred_at);
    end if;
    if dispute.status in ('warning_needs_response', 'needs_response', 'lost') then
        perform private.raise_alert(
            dispute.org_id, dispute.instructor_id, 'dispute_' || dispute.status,
            case dispute.status
                when 'lost' then 'A dispute was lost. Stripe keeps the money.'
                else 'The payer''s bank disputes a payment. Submit evidence in Stripe''s Dashboard.'
            end,
            'disputes', dispute.id, format('dispute:%s:%s', dispute.id, dispute.status)
        );
    end if;
end;
$$;
