-- Brings a dispute to what Stripe says of it. Its money is what the balance transactions say, each once; its status only moves
-- forward, so late and repeated news change nothing.
create function private.apply_dispute(p_dispute jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    news constant public.dispute_status := p_dispute ->> 'status';
    payment public.payments;
    dispute public.disputes;
begin
    select * into payment
    from public.payments
    where stripe_payment_intent_id = private.expandable_id(p_dispute -> 'payment_intent')
        or stripe_charge_id = private.expandable_id(p_dispute -> 'charge')
    for no key update;
    if not found then
        return row('parked', 'unknown_payment')::private.stripe_outcome;
    end if;
    if lower(p_dispute ->> 'currency') <> payment.currency then
        return row('parked', 'settlement_currency_differs')::private.stripe_outcome;
    end if;

    insert into public.disputes (
        org_id, payment_id, learner_id, instructor_id, stripe_dispute_id, status, reason, currency, amount_cents,
        liability, opened_at, closed_at
    )
    select
        payment.org_id, payment.id, payment.learner_id, payment.instructor_id, p_dispute ->> 'id', news,
        p_dispute ->> 'reason', payment.currency, (p_dispute ->> 'amount')::bigint,
        organization.dispute_liability, to_timestamp((p_dispute ->> 'created')::bigint),
        case when private.is_dispute_closed(news) then p_occurred_at end
    from public.organizations organization
    where organization.id = payment.org_id
    on conflict (stripe_dispute_id) do nothing;

    update public.disputes
    set status = greatest(status, news),
        amount_cents = case when news >= status then (p_dispute ->> 'amount')::bigint else amount_cents end,
        evidence_due_at = case
            when news >= status then to_timestamp((p_dispute #>> '{evidence_details,due_by}')::bigint)
            else evidence_due_at
        end,
        has_evidence = has_evidence or coalesce((p_dispute #>> '{evidence_details,has_evidence}')::boolean, false),
        is_charge_refundable = case
            when news >= status then coalesce((p_dispute ->> 'is_charge_refundable')::boolean, false)
            else is_charge_refundable
        end,
        closed_at = coalesce(closed_at, case when private.is_dispute_closed(news) then p_occurred_at end)
    where stripe_dispute_id = p_dispute ->> 'id'
    returning * into dispute;

    perform private.book_dispute_transactions(dispute, p_dispute -> 'balance_transactions', p_occurred_at);
    perform private.settle_dispute(dispute.id, p_occurred_at);
    return row('processed', null)::private.stripe_outcome;
end;
$$;
