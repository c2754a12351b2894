-- The object and step that a balance transaction is about; null for a category that we do not know.
create function private.balance_transaction_key(p_reporting_category text, p_id text, p_source_id text, p_parent_id text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_reporting_category in ('charge', 'partial_capture_reversal', 'refund', 'transfer', 'payout', 'topup')
            then coalesce(p_source_id, p_id)
        when p_reporting_category in ('refund_failure', 'payout_reversal', 'charge_failure') then coalesce(p_source_id || ':failed', p_id)
        when p_reporting_category = 'topup_reversal' then coalesce(p_source_id || ':reversed', p_id)
        when p_reporting_category = 'transfer_reversal' then coalesce(p_parent_id || ':reversed', p_id)
        when p_reporting_category in ('dispute', 'dispute_reversal', 'fee', 'tax', 'network_cost') then p_id
    end;
$$;

-- The object and step that a ledger transaction on stripe_balance is about; null if nothing says it.
create function private.ledger_transaction_key(p_posted private.ledger_transactions)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_posted.source_type = 'payment' then (
            select payment.stripe_charge_id
            from public.payments payment
            where payment.org_id = p_posted.org_id
                and payment.id = p_posted.source_id
        )
        when p_posted.kind in (
            'suspense_refund_succeeded', 'suspense_refund_failed', 'invoice_refund_succeeded', 'invoice_refund_failed'
        )
            then split_part(p_posted.idempotency_key, ':', 2)
                || case when p_posted.kind in ('suspense_refund_failed', 'invoice_refund_failed') then ':failed' else '' end
        when p_posted.kind in ('dispute_funds_moved', 'suspense_dispute', 'invoice_dispute', 'stripe_fee') then
            substring(p_posted.idempotency_key from '[^:]+$')
        when p_posted.source_type = 'invoice_payment' then (
            select paid.stripe_charge_id
            from public.invoice_payments paid
            where paid.org_id = p_posted.org_id
                and paid.id = p_posted.source_id
        )
        when p_posted.source_type = 'suspense_item' then (
            select item.stripe_charge_id
            from private.suspense_items item
            where item.org_id = p_posted.org_id
                and item.id = p_posted.source_id
        )
        when p_posted.source_type = 'refund' then (
            select refund.stripe_refund_id || case when p_posted.kind = 'refund_failed' then ':failed' else '' end
            from public.refunds refund
            where refund.org_id = p_posted.org_id
                and refund.id = p_posted.source_id
        )
        when p_posted.source_type = 'payout' then (
            select payout.stripe_transfer_id || case when p_posted.kind = 'payout_reversed' then ':reversed' else '' end
            from public.payouts payout
            where payout.org_id = p_posted.org_id
                and payout.id = p_posted.source_id
        )
        when p_posted.source_type = 'transfer' then (
            select adopted.stripe_transfer_id || case when p_posted.kind = 'adopted_transfer_reversed' then ':reversed' else '' end
            from private.unbooked_transfers adopted
            where adopted.org_id = p_posted.org_id
                and adopted.id = p_posted.source_id
        )
        when p_posted.source_type in ('platform_payout', 'top_up') then
            split_part(p_posted.idempotency_key, ':', 2) || case p_posted.kind
                when 'platform_payout_returned' then ':failed'
                when 'top_up_reversed' then ':reversed'
                else ''
            end
    end;
$$;
