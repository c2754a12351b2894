-- The earnings that can be paid at this cutoff: not paid out yet, past their hold, and of money that Stripe has said can be
-- transferred and nobody disputes, also if they take it away: a refund is netted where its lesson is paid, and shortens no other
-- lesson's payout, so it waits for a frozen one. Whether they were released already makes no difference. Null means every
-- organization.
create function private.cleared_earnings(p_org_id uuid, p_cutoff_at timestamptz)
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
