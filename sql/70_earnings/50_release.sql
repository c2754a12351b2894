-- Makes the earnings payable whose hold has ended by the cutoff and whose money Stripe has made available, and returns how
-- many. Null means every organization.
create function private.make_earnings_available(p_org_id uuid, p_cutoff_at timestamptz)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    postings private.keyed_posting[];
begin
    with released as (
        update public.earnings earning
        set status = 'available'
        where earning.id = any (
            array(
                select waiting.id
                from public.earnings waiting
                where waiting.status = 'pending'
                    and waiting.id in (select cleared.id from private.payable_earnings(p_org_id, p_cutoff_at) cleared)
                order by waiting.id
                for no key update
            )
        )
        returning earning.id, earning.instructor_id, earning.payee_id, earning.currency, earning.amount_cents
    )

    select array_agg(
        row(
            released.id, format('earning:%s:available', released.id), released.currency,
            line.account_kind, line.owner_id, line.amount_cents
        )::private.keyed_posting
    )
    into postings
    from released
    cross join lateral (
        values
            ('instructor_pending'::private.ledger_account_kind, released.instructor_id, released.amount_cents),
            ('payee_payable', released.payee_id, -released.amount_cents)
    ) line (account_kind, owner_id, amount_cents);

    return private.post_batch('earning_available', 'earning', p_cutoff_at, postings);
end;
$$;

-- The earnings that can be paid at this cutoff: not paid out yet, past their hold, and of money that Stripe has said can be
-- transferred and nobody disputes, also if they take it away: a refund is netted where its lesson is paid, and shortens no other
-- lesson's payout, so it waits for a frozen one. Whether they were released already makes no difference. Null means every
-- organization.
create function private.payable_earnings(p_org_id uuid, p_cutoff_at timestamptz)
    returns setof public.earnings
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select earning.*
    from public.earnings earning
    left join public.payments payment on payment.id = earning.payment_id
    where earning.status in ('pending', 'available')
        and earning.payout_id is null
        and earning.available_at <= p_cutoff_at
        and payment.is_disputed is not true
        and not exists (
            select
            from public.payments paid
            where paid.booking_id = earning.booking_id
                and paid.is_disputed
        )
        and (payment.id is null or payment.funds_available_at <= p_cutoff_at)
        and (
            earning.amount_cents > 0
            or not exists (
                select
                from public.earnings frozen
                where frozen.booking_id = earning.booking_id
                    and frozen.status = 'frozen'
            )
        )
        and (p_org_id is null or earning.org_id = p_org_id);
$$;
