create view private.claims_are_those_of_open_disputes
    with (security_invoker = true)
as
select jsonb_build_object('dispute_id', dispute.id, 'claim_cents', claim.cents) as detail
from public.disputes dispute
cross join lateral (
    select coalesce(sum(entry.amount_cents), 0) as cents
    from private.ledger_transactions posted
    join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
    join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
    where posted.org_id = dispute.org_id
        and posted.source_type = 'dispute'
        and posted.source_id = dispute.id
        and account.kind = 'dispute_receivable'
) claim
join public.payments payment on payment.org_id = dispute.org_id and payment.id = dispute.payment_id
where claim.cents <> case
    when private.is_dispute_lost(dispute.status) and (payment.status = 'succeeded' or private.is_set_aside(payment)) then 0
    else dispute.withdrawn_cents
end;

comment on view private.claims_are_those_of_open_disputes is
    'What a bank has withdrawn is a claim until its dispute is lost.';
