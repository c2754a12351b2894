-- Consumers may withdraw from a subscription within some days after it began, and once more after what binds them anew.
-- Law: the United Kingdom's Digital Markets, Competition and Consumers Act 2024, part 4, chapter 2, gives 14 days after the contract is made,
-- and 14 more after a free trial turns into a paid period, and after each renewal for twelve months or longer. The government expects it to
-- apply from spring 2027 (response to the consultation, 2 April 2026); regulations are still to say what is refunded, perhaps in proportion.
-- Until then the Consumer Contracts Regulations 2013 give the first 14 days alone.
-- Setting: the product's metadata cooling_off_days. The default is none: whoever sells to consumers says 14. The dates on which days begin
-- are those of the Act, wherever the subscriber lives, and all that was paid for the period goes back, which is never less than is due.

-- When the days began in which a subscriber may withdraw: at the latest of these beginnings.
create function private.cooling_off_begins_at(p_subscription public.subscriptions)
    returns timestamptz
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return greatest(
    p_subscription.started_at,
    case when p_subscription.trial_end <= p_subscription.current_period_start then p_subscription.trial_end end,
    case
        when p_subscription.interval = 'year' or (p_subscription.interval = 'month' and p_subscription.interval_count >= 12)
            then p_subscription.current_period_start
    end
);

-- Until when a subscriber may withdraw. Null: the product gives no such days, or it is for an organization, which is no consumer: it would keep
-- the lower fee of what was sold meanwhile.
create function private.cooling_off_ends_at(p_subscription public.subscriptions, p_days integer)
    returns timestamptz
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return case
    when p_subscription.organization_id is null then private.cooling_off_begins_at(p_subscription) + make_interval(days => p_days)
end;

-- Ends a subscription of the caller's at once, and gives back all that was paid for the period that it began with, or was renewed for. Stripe
-- does both through the outbox; its events post the refund and end the row. Withdrawing twice is withdrawing once.
-- Definer: nobody writes billing directly.
create function private.withdraw_from_subscription(p_subscription_id uuid)
    returns table (refund_cents bigint, currency text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    subscription public.subscriptions := private.require_own_subscription(p_subscription_id);
    refunds jsonb;
begin
    if subscription.withdrawn_at is null then
        if not (
            subscription.is_live
            and subscription.organization_id is null
            and coalesce(subscription.cooling_off_ends_at > private.clock(), false)
        ) then
            perform private.refuse(
                'PT409', 'cooling_off_is_over',
                'This subscription cannot be withdrawn from any more.',
                'End it with the current period, with POST /billing-portal-sessions.'
            );
        end if;
        refunds := private.refunds_of_withdrawal(subscription);
        update public.subscriptions
        set withdrawn_at = private.clock(),
            withdrawal_refund_cents = (
                select coalesce(sum(refund.amount_cents), 0)
                from jsonb_to_recordset(refunds) refund (amount_cents bigint)
            )
        where org_id = subscription.org_id
            and id = subscription.id
        returning * into subscription;
        perform private.enqueue_command(
            subscription.org_id, 'withdraw_subscription', format('subscription:%s:withdraw', subscription.id),
            jsonb_build_object('subscription', subscription.stripe_subscription_id, 'refunds', refunds),
            format('customer:%s', subscription.customer_id)
        );
    end if;
    return query select subscription.withdrawal_refund_cents, subscription.currency;
end;
$$;

-- Returns a subscription of the caller's, locked; one of somebody else's is refused like one that does not exist.
create function private.require_own_subscription(p_subscription_id uuid)
    returns public.subscriptions
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    subscription public.subscriptions;
begin
    select * into subscription
    from public.subscriptions
    where id = p_subscription_id
        and user_id = person
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'subscription_not_found', 'You have no such subscription.', 'Read subscriptions, and check who is signed in.'
        );
    end if;
    return subscription;
end;
$$;

-- What goes back of each payment of the invoices for what the withdrawal undoes: all that is left of it, but for what a change to a cheaper
-- plan has credited to the customer's balance at Stripe and no later invoice of it has used. The platform's admins give back that, and what was
-- paid outside Stripe.
create function private.refunds_of_withdrawal(p_subscription public.subscriptions)
    returns jsonb
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    begins_at constant timestamptz := private.cooling_off_begins_at(p_subscription);
    credited_cents constant bigint := (
        select greatest(
            coalesce(
                sum(
                    case
                        when invoice.total_cents < 0 then -invoice.total_cents
                        else least(invoice.amount_due_cents - invoice.total_cents, 0)
                    end
                ),
                0
            ),
            0
        )
        from (
            select known.*, min(known.finalized_at) filter (where known.total_cents < 0) over () as first_credited_at
            from public.invoices known
            where known.org_id = p_subscription.org_id
                and known.subscription_id = p_subscription.id
                and known.period_end > begins_at
                and known.status = 'paid'
        ) invoice
        where invoice.finalized_at >= invoice.first_credited_at
    );
begin
    perform private.raise_alert(
        p_subscription.org_id, null, 'withdrawal_paid_outside',
        'Somebody has withdrawn from a subscription of which a change of plan had credited a part to their balance at Stripe. Take what is left of '
        'it off the balance, and give it back.',
        'subscriptions', p_subscription.id, format('subscription:%s:withdrawn', p_subscription.id)
    )
    where credited_cents > 0;
    perform private.raise_alert(
        invoice.org_id, null, 'withdrawal_paid_outside',
        'Somebody has withdrawn from a subscription that was paid outside Stripe. Give back what they paid.',
        'invoices', invoice.id, format('invoice:%s:withdrawn', invoice.id)
    )
    from public.invoices invoice
    where invoice.org_id = p_subscription.org_id
        and invoice.subscription_id = p_subscription.id
        and invoice.period_end > begins_at
        and invoice.paid_outside_cents > 0;

    return (
        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'invoice_payment_id', paid.id,
                    'payment_intent', paid.stripe_payment_intent_id,
                    'amount_cents', least(paid.left_cents, paid.so_far_cents - credited_cents)
                )
                order by paid.id
            ),
            '[]'
        )
        from (
            select
                payment.id,
                payment.stripe_payment_intent_id,
                back.left_cents,
                sum(back.left_cents) over (order by payment.id)::bigint as so_far_cents
            from public.invoices invoice
            join public.invoice_payments payment on payment.org_id = invoice.org_id and payment.invoice_id = invoice.id
            cross join lateral (select payment.amount_paid_cents - payment.refunded_cents - payment.disputed_cents as left_cents) back
            where invoice.org_id = p_subscription.org_id
                and invoice.subscription_id = p_subscription.id
                and invoice.period_end > begins_at
                and payment.status = 'paid'
                and payment.stripe_payment_intent_id is not null
                and back.left_cents > 0
        ) paid
        where paid.so_far_cents > credited_cents
    );
end;
$$;

-- Gives back a payment that arrives for what the subscriber has withdrawn from: its bank was slow, its event was late, or an open invoice was
-- paid after all. The subscription is locked, so that a payment and a withdrawal at once do not miss each other. Posting a payment (41) calls it.
create function private.refund_if_withdrawn(p_payment public.invoice_payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refund_of_withdrawn(
        p_payment, p_payment.amount_paid_cents, format('invoice_payment:%s:withdrawn', p_payment.id), '{}'
    );
end;
$$;

-- Gives back what a dispute gave back of what the subscriber has withdrawn from: it was with the bank when they withdrew. What was refunded
-- since is not refunded again. Applying a dispute (42) calls it.
create function private.refund_reinstated(p_payment public.invoice_payments, p_dispute_id text, p_reinstated_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    left_cents constant bigint := p_payment.amount_paid_cents - p_payment.refunded_cents - p_payment.disputed_cents;
    -- A dispute can give back one part after the other: each has left another amount with the bank.
    part constant text := format('%s:%s', p_dispute_id, p_payment.disputed_cents);
begin
    perform private.refund_of_withdrawn(
        p_payment, least(p_reinstated_cents, left_cents), format('invoice_payment:%s:reinstated:%s', p_payment.id, part),
        jsonb_build_object('dispute', part)
    );
end;
$$;

-- Refunds so much of a payment if it is for what the subscriber has withdrawn from. p_named goes into the refund's metadata, beside the
-- payment: a refund that has both is not made again. What was disputed before the withdrawal and heard of after it counts once: no
-- more goes back than was paid.
create function private.refund_of_withdrawn(p_payment public.invoice_payments, p_cents bigint, p_idempotency_key text, p_named jsonb)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    subscription public.subscriptions;
begin
    select subscribed.* into subscription
    from public.invoices invoice
    join public.subscriptions subscribed on subscribed.org_id = invoice.org_id and subscribed.id = invoice.subscription_id
    where invoice.org_id = p_payment.org_id
        and invoice.id = p_payment.invoice_id
        and invoice.period_end > private.cooling_off_begins_at(subscribed)
    for no key update of subscribed;
    if subscription.withdrawn_at is null or p_payment.stripe_payment_intent_id is null or p_cents <= 0 then
        return;
    end if;
    update public.subscriptions
    set withdrawal_refund_cents = least(
        withdrawal_refund_cents + p_cents,
        (
            select sum(paid.amount_paid_cents)
            from public.invoices invoice
            join public.invoice_payments paid on paid.org_id = invoice.org_id and paid.invoice_id = invoice.id
            where invoice.org_id = subscription.org_id
                and invoice.subscription_id = subscription.id
                and invoice.period_end > private.cooling_off_begins_at(subscription)
        )
    )
    where org_id = subscription.org_id
        and id = subscription.id;
    perform private.enqueue_command(
        subscription.org_id, 'withdraw_subscription', p_idempotency_key,
        jsonb_build_object(
            'subscription', subscription.stripe_subscription_id,
            'refunds', jsonb_build_array(
                jsonb_build_object(
                    'invoice_payment_id', p_payment.id,
                    'payment_intent', p_payment.stripe_payment_intent_id,
                    'amount_cents', p_cents
                )
                || p_named
            )
        ),
        format('customer:%s', subscription.customer_id)
    );
end;
$$;
