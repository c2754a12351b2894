-- Moves every payable earning of an organization from pending to available, posts that to the ledger (instructor_pending to
-- payee_payable), and returns how many were moved. Called by jobs maintain and by open_payout_run.
create function private.make_earnings_available(p_org_id uuid, p_cutoff_at timestamptz)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    postings private.keyed_posting[];
begin
    with freed as (
        update public.earnings earning
        set status = 'available'
        where earning.org_id = p_org_id
            and earning.id = any (
                array(
                    select waiting.id
                    from public.earnings waiting
                    where waiting.org_id = p_org_id
                        and waiting.status = 'pending'
                        and waiting.id in (select payable.id from private.payable_earnings(p_org_id, p_cutoff_at) payable)
                    order by waiting.id
                    for no key update
                )
            )
        returning earning.org_id, earning.id, earning.instructor_id, earning.payee_id, earning.currency, earning.amount_cents
    )

    select array_agg(
        row(
            freed.org_id, freed.id, format('earning:%s:available', freed.id), freed.currency,
            line.account_kind, line.owner_id, line.amount_cents
        )::private.keyed_posting
    )
    into postings
    from freed
    cross join lateral (
        values
            ('instructor_pending'::private.ledger_account_kind, freed.instructor_id, freed.amount_cents),
            ('payee_payable', freed.payee_id, -freed.amount_cents)
    ) line (account_kind, owner_id, amount_cents);

    return private.post_batch('earning_available', 'earning', p_cutoff_at, postings);
end;
$$;

-- When an earning is payable. By the cutoff its hold has passed (available_at) and Stripe has made the payment's money
-- available, unless there is none; no payment of the booking, or of the hours that it used, is disputed; it is neither frozen nor in a
-- payout. A negative earning also waits while another earning of its booking is frozen, so that a refund is deducted from the lesson
-- refunded and from no other.
-- Pending and available ones alike: previews ask before make_earnings_available has run.
create function private.payable_earnings(p_org_id uuid, p_cutoff_at timestamptz)
    returns setof public.earnings
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select earning.*
    from public.earnings earning
    left join public.payments payment on payment.org_id = earning.org_id and payment.id = earning.payment_id
    where earning.org_id = p_org_id
        and earning.is_unpaid
        and earning.status in ('pending', 'available')
        and earning.available_at <= p_cutoff_at
        and payment.is_disputed is not true
        and not exists (
            select
            from public.payment_items part
            join public.payments paid on paid.org_id = part.org_id and paid.id = part.payment_id
            where part.org_id = earning.org_id
                and part.item_id = earning.item_id
                and paid.is_disputed
        )
        and not exists (
            select
            from public.credit_entries entry
            join public.order_items lot on lot.org_id = entry.org_id and lot.credit_id = entry.credit_id
            join public.payment_items part on part.org_id = lot.org_id and part.item_id = lot.id
            join public.payments paid on paid.org_id = part.org_id and paid.id = part.payment_id
            where entry.org_id = earning.org_id
                and entry.booking_id = earning.booking_id
                and paid.is_disputed
        )
        and (payment.id is null or payment.status = 'cancelled' or payment.funds_available_at <= p_cutoff_at)
        and (
            earning.amount_cents > 0
            or not exists (
                select
                from public.earnings frozen
                where frozen.org_id = earning.org_id
                    and frozen.booking_id = earning.booking_id
                    and frozen.status = 'frozen'
            )
        );
end;
$$;
