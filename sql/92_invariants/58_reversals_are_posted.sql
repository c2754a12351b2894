create view private.reversals_are_posted
    with (security_invoker = true)
as
select jsonb_build_object('payout_id', payout.id, 'reversed_cents', payout.reversed_cents) as detail
from public.payouts payout
left join private.ledger_transactions posted
    on posted.org_id = payout.org_id
    and posted.source_type = 'payout'
    and posted.source_id = payout.id
    and posted.kind = 'payout_reversed'
left join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id and entry.amount_cents > 0
group by payout.org_id, payout.id
having payout.reversed_cents <> coalesce(sum(entry.amount_cents), 0);

comment on view private.reversals_are_posted is
    'What was reversed of a transfer is posted.';
