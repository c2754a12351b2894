-- Suspense: what is left of money that matches nothing, and what admins decide about it.
--
--   20_left      left_in_suspense: what is still there of an item; `jobs doctor` lists it
--   30_resolve   admin_resolve_suspense: it pays for a payment, was refunded elsewhere, or is written off
--
-- The items are set aside and sent back in 60_payments, which Stripe's events reach; disputes over them are in 62_disputes. This room
-- rests on both. Called by platform admins, jobs maintain (pay_from_suspense) and jobs doctor.

-- What is left in suspense of an item: positive is money that nobody has claimed, negative is money that went back without having come.
-- Money of a payment of ours also leaves by the payment's refunds and disputes.
create function private.left_in_suspense(p_item private.suspense_items)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select -coalesce(sum(entry.amount_cents), 0)::bigint
        from (
            select 'suspense_item' as source_type, p_item.id as source_id
            union all
            select 'refund', refund.id
            from public.refunds refund
            where refund.org_id = p_item.org_id
                and (refund.id = p_item.refund_id or refund.payment_id = p_item.payment_id)
            union all
            select 'dispute', dispute.id
            from public.disputes dispute
            where dispute.org_id = p_item.org_id
                and dispute.payment_id = p_item.payment_id
        ) source
        join private.ledger_transactions posted
            on posted.org_id = p_item.org_id
            and posted.source_type = source.source_type
            and posted.source_id = source.source_id
        join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
        join private.ledger_accounts account
            on account.org_id = entry.org_id
            and account.id = entry.account_id
            and account.kind = 'suspense'
    );
end;
$$;
