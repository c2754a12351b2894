-- The lines of a refund (p_sign 1) or of its reversal (-1). Of prepaid minutes the fee and the discount, where the platform
-- keeps them, are earned and borne by the refund.
create function private.refund_postings(p_payment public.payments, p_refund public.refunds, p_sign integer)
    returns private.posting[]
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select array_agg(
        row(
            line.account_kind,
            case line.account_kind when 'instructor_pending' then p_refund.instructor_id end,
            p_sign * line.amount_cents
        )::private.posting
    )
    from (
        select 'stripe_balance'::private.ledger_account_kind as account_kind, -p_refund.amount_cents as amount_cents
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
        where entry.refund_id = p_refund.id
            and entry.kind = 'refund'
    ) line;
$$;
