-- Posts a refund that succeeded. Its parts are cumulative (the split of all refunds after it, less the split of those before it), so
-- the last refund brings every account to zero. What a lost dispute had taken of the refunded part is not lost with the payment any
-- more: 82_effects has 62_disputes correct that. A refund of money that paid for nothing is taken from suspense.
-- apply_refund calls it.
create function private.post_refund(
    p_payment public.payments,
    p_refund public.refunds,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
begin
    if private.is_set_aside(p_payment) then
        update public.refunds
        set share_cents = 0,
            fee_cents = 0,
            discount_cents = 0,
            unmatched_cents = amount_cents
        where org_id = p_refund.org_id
            and id = p_refund.id;
    elsif p_payment.kind = 'booking' or not p_payment.is_accepted then
        update public.refunds
        set share_cents = after.share_cents - before.share_cents,
            fee_cents = after.fee_cents - before.fee_cents,
            discount_cents = after.discount_cents - before.discount_cents
        from private.split_refund(p_payment, private.returned_cents(p_payment)) before
        cross join private.split_refund(p_payment, private.returned_cents(p_payment) + p_refund.amount_cents) after
        where id = p_refund.id;
    end if;
    select * into strict refund from public.refunds where org_id = p_refund.org_id and id = p_refund.id;

    update public.payments
    set refunded_cents = refunded_cents + p_refund.amount_cents,
        lost_cents = least(lost_cents, amount_cents - uncaptured_cents - refunded_cents - p_refund.amount_cents)
    where org_id = p_payment.org_id
        and id = p_payment.id
        and not private.is_set_aside(payments);

    perform private.post_transaction(
        refund.org_id, 'refund_succeeded', 'refund', refund.id, format('refund:%s:succeeded', refund.id),
        refund.currency, p_occurred_at, private.refund_postings(p_payment, refund, 1)
    );
end;
$$;

-- Reverses a refund that the bank returned after it had succeeded. Its parts are again the difference of two cumulative splits,
-- so the ledger does not depend on the order in which several refunds succeeded and failed.
create function private.reverse_refund(
    p_payment public.payments,
    p_refund public.refunds,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
begin
    if not private.is_set_aside(p_payment) and (p_payment.kind = 'booking' or not p_payment.is_accepted) then
        update public.refunds
        set share_cents = before.share_cents - after.share_cents,
            fee_cents = before.fee_cents - after.fee_cents,
            discount_cents = before.discount_cents - after.discount_cents
        from private.split_refund(p_payment, private.returned_cents(p_payment)) before
        cross join private.split_refund(p_payment, private.returned_cents(p_payment) - p_refund.amount_cents) after
        where id = p_refund.id;
    end if;
    select * into strict refund from public.refunds where org_id = p_refund.org_id and id = p_refund.id;

    update public.payments
    set refunded_cents = refunded_cents - p_refund.amount_cents
    where org_id = p_payment.org_id
        and id = p_payment.id
        and not private.is_set_aside(payments);

    perform private.post_transaction(
        refund.org_id, 'refund_failed', 'refund', refund.id, format('refund:%s:failed', refund.id),
        refund.currency, p_occurred_at, private.refund_postings(p_payment, refund, -1)
    );
end;
$$;

-- The ledger lines of a refund (p_sign 1) or of its reversal (-1). If the fee is not refundable, refunding prepaid minutes turns
-- their deferred fee and discount into the platform's income and cost.
create function private.refund_postings(p_payment public.payments, p_refund public.refunds, p_sign integer)
    returns private.posting[]
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select array_agg(
        row(
            line.account_kind,
            case line.account_kind when 'instructor_pending' then p_refund.instructor_id end,
            p_sign * line.amount_cents
        )::private.posting
    )
    from (
        select
            case when p_refund.is_made_elsewhere then 'platform_bank' else 'stripe_balance' end::private.ledger_account_kind as account_kind,
            -p_refund.amount_cents as amount_cents
        union all
        select 'suspense', p_refund.unmatched_cents
        union all
        select share.account_kind, part.cents
        from (
            values
                ('instructor_pending'::private.ledger_account_kind, 'learner_prepaid'::private.ledger_account_kind, 1),
                ('platform_fees', 'deferred_fees', 2),
                ('promotions', 'deferred_promotions', 3)
        ) account (earned, deferred, nth)
        cross join lateral (
            select case p_payment.kind when 'credits' then account.deferred else account.earned end as account_kind
        ) share
        cross join lateral (
            select (array[p_refund.share_cents, p_refund.fee_cents, -p_refund.discount_cents])[account.nth] as cents
        ) part
        union all
        select kept.account_kind, kept.cents
        from public.credit_entries entry
        cross join lateral (
            values
                ('deferred_fees'::private.ledger_account_kind, entry.fee_cents - p_refund.fee_cents),
                ('platform_fees', p_refund.fee_cents - entry.fee_cents),
                ('deferred_promotions', p_refund.discount_cents - entry.discount_cents),
                ('promotions', entry.discount_cents - p_refund.discount_cents)
        ) kept (account_kind, cents)
        where entry.org_id = p_refund.org_id
            and entry.refund_id = p_refund.id
            and entry.kind = 'refund'
    ) line;
$$;
