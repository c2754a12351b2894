-- What is still claimed from the bank for a dispute: withdrawn, and not booked as lost.
create function private.dispute_claim_cents(p_dispute public.disputes)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select (p_dispute.withdrawn_cents + coalesce(sum(entry.amount_cents), 0))::bigint
    from private.ledger_transactions booked
    join private.ledger_entries entry on entry.transaction_id = booked.id
    join private.ledger_accounts account on account.id = entry.account_id
    where booked.source_type = 'dispute'
        and booked.source_id = p_dispute.id
        and booked.kind = 'dispute_lost'
        and account.kind = 'dispute_receivable';
$$;
