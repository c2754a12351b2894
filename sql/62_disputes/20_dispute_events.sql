-- Applies a dispute from a Stripe event or a fetch. Each of its balance transactions is posted once. Of its status the latest event
-- counts, so late and repeated events change nothing. Of different statuses of one second the furthest along counts, until a fetch
-- has settled which was the last.
create function private.apply_dispute(p_dispute jsonb, p_occurred_at timestamptz, p_is_fetched boolean default false)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.dispute_status := p_dispute ->> 'status';
    paid constant private.stripe_objects := private.stripe_row(
        'payments', private.expandable_id(p_dispute -> 'payment_intent'), private.expandable_id(p_dispute -> 'charge')
    );
    known private.stripe_objects;
    payment public.payments;
    dispute public.disputes;
begin
    perform private.lock_orders(
        array(
            select disputed.order_id
            from public.payments disputed
            where disputed.org_id = paid.org_id
                and disputed.id = paid.row_id
        )
    );
    select * into payment
    from public.payments
    where org_id = paid.org_id
        and id = paid.row_id
    for no key update;
    if not found then
        return private.apply_dispute_to_suspense(p_dispute, p_occurred_at);
    end if;
    if lower(p_dispute ->> 'currency') <> payment.currency then
        return row('parked', 'settlement_currency_differs')::private.stripe_outcome;
    end if;

    insert into public.disputes (
        org_id, payment_id, learner_id, instructor_id, stripe_dispute_id, status, reason, currency, amount_cents,
        liability, opened_at, closed_at, last_event_at
    )
    select
        payment.org_id, payment.id, payment.learner_id, payment.instructor_id, p_dispute ->> 'id', new_status,
        p_dispute ->> 'reason', payment.currency, (p_dispute ->> 'amount')::bigint,
        organization.dispute_liability, to_timestamp((p_dispute ->> 'created')::bigint),
        case when private.is_dispute_closed(new_status) then p_occurred_at end, p_occurred_at
    from public.organizations organization
    where organization.id = payment.org_id
        and (private.stripe_row('disputes', p_dispute ->> 'id')).id is null;

    known := private.stripe_row('disputes', p_dispute ->> 'id');
    select * into strict dispute from public.disputes where org_id = known.org_id and id = known.row_id;
    if not p_is_fetched and p_occurred_at = dispute.last_event_at and new_status <> dispute.status then
        perform private.fetch_dispute(dispute);
    end if;
    update public.disputes
    set status = new_status,
        amount_cents = (p_dispute ->> 'amount')::bigint,
        evidence_due_at = to_timestamp((p_dispute #>> '{evidence_details,due_by}')::bigint),
        has_evidence = coalesce((p_dispute #>> '{evidence_details,has_evidence}')::boolean, false),
        is_charge_refundable = coalesce((p_dispute ->> 'is_charge_refundable')::boolean, false),
        closed_at = case
            when not private.is_dispute_closed(new_status) then null
            when new_status = status then closed_at
            else p_occurred_at
        end,
        last_event_at = p_occurred_at
    where org_id = dispute.org_id
        and id = dispute.id
        and case when p_is_fetched then p_occurred_at = last_event_at else (p_occurred_at, new_status) >= (last_event_at, status) end
    returning * into dispute;
    if not found then
        select * into strict dispute from public.disputes where org_id = known.org_id and id = known.row_id;
    end if;

    perform private.post_dispute_transactions(dispute, p_dispute -> 'balance_transactions', p_occurred_at);
    perform private.post_dispute_result(dispute.id, p_occurred_at);
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Queues a look at a dispute whose latest news are of one second, so that only Stripe knows which was the last. The answer counts as of
-- that second: whatever is later stays.
create function private.fetch_dispute(p_dispute public.disputes)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.enqueue_command(
        p_dispute.org_id,
        'fetch_dispute',
        format('dispute:%s:fetch:%s:%s', p_dispute.id, extract(epoch from p_dispute.last_event_at), extract(epoch from private.clock())),
        jsonb_build_object(
            'dispute_id', p_dispute.id,
            'dispute', p_dispute.stripe_dispute_id,
            'settles_at', p_dispute.last_event_at
        ),
        format('dispute:%s', p_dispute.id)
    );
$$;

-- Records a dispute that the jobs have fetched to settle the news of one second, p_settles_at.
-- Definer: the jobs have no access to the tables.
create function private.record_dispute(p_dispute_id uuid, p_dispute jsonb, p_settles_at timestamptz)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if not exists (
        select
        from public.disputes dispute
        where dispute.id = p_dispute_id
            and dispute.stripe_dispute_id = p_dispute ->> 'id'
    ) then
        perform private.refuse(
            'PT422', 'wrong_dispute',
            'That dispute belongs to another row.',
            'Record the dispute whose id this row has.'
        );
    end if;
    perform private.apply_dispute(p_dispute, p_settles_at, true);
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
        on conflict (org_id, stripe_id) do nothing
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

-- Follows a dispute: while it is open, the payment is neither refunded nor paid out; what it has cost is written off; and the
-- admins are told what needs an answer. An appeal keeps what was lost as it is, until it is won.
create function private.post_dispute_result(p_dispute_id uuid, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    dispute public.disputes;
begin
    select * into strict dispute from public.disputes where id = p_dispute_id;
    perform private.write_off_losses(dispute.payment_id, p_occurred_at);

    if dispute.status in ('warning_needs_response', 'needs_response', 'appeal_needs_response', 'lost') then
        perform private.raise_alert(
            dispute.org_id, dispute.instructor_id, 'dispute_' || dispute.status,
            case dispute.status
                when 'lost' then 'A dispute was lost. Stripe keeps the money.'
                when 'appeal_needs_response' then 'A lost dispute can be appealed. Submit the appeal in Stripe''s Dashboard.'
                else 'The payer''s bank disputes a payment. Submit evidence in Stripe''s Dashboard.'
            end,
            'disputes', dispute.id, format('dispute:%s:%s', dispute.id, dispute.status)
        );
    end if;
end;
$$;
