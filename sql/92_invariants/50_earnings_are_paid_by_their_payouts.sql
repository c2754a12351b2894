create view private.earnings_are_paid_by_their_payouts
    with (security_invoker = true)
as
select jsonb_build_object('earning_id', earning.id, 'payout_id', earning.payout_id) as detail
from public.earnings earning
join public.payouts payout on payout.org_id = earning.org_id and payout.id = earning.payout_id
where (earning.status = 'paid') <> (payout.status in ('paid', 'reversed'))
    or not exists (
        select
        from public.payout_items item
        where item.org_id = payout.org_id
            and item.payout_id = payout.id
            and item.earning_id = earning.id
    );

comment on view private.earnings_are_paid_by_their_payouts is
    'An earning is paid if its payout is, and is an item of it.';
