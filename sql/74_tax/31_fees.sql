-- The fees of an organization that wait for an invoice, oldest first. One on top of the price is the payer's; one that is included in it, or
-- that is for a lesson paid outside, is the payee's. What the platform gave as a discount lowers the payer's fee, as far as it goes. One
-- of neither an item nor an earning stays on the worklist.
create function private.waiting_fees(p_org_id uuid, p_limit integer)
    returns setof private.posted_fee
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        waiting.org_id, waiting.entry_id, entry.currency, -entry.amount_cents,
        case bearer.is_payer when true then least(greatest(private.promotion_cents(entry), 0), greatest(-entry.amount_cents, 0)) else 0 end,
        posted.effective_at, item.order_id, coalesce(item.instructor_id, earning.instructor_id), coalesce(item.supply_model, 'agent'),
        case bearer.is_payer when true then 'payer' else 'payee' end::public.fee_bearer,
        case bearer.is_payer when true then private.payer_of_item(item) end,
        coalesce(earning.payee_id, private.payee_id(item.instructor_id))
    from private.uninvoiced_fees waiting
    join private.ledger_entries entry on entry.org_id = waiting.org_id and entry.id = waiting.entry_id
    join private.ledger_transactions posted on posted.org_id = entry.org_id and posted.id = entry.transaction_id
    left join public.earnings earning
        on posted.source_type = 'earning'
        and earning.org_id = posted.org_id
        and earning.id = posted.source_id
    left join public.order_items item
        on item.org_id = posted.org_id
        and item.id = private.item_of_source(posted.org_id, posted.source_type, posted.source_id)
    left join public.bookings booking on booking.org_id = item.org_id and booking.id = item.booking_id
    left join public.learner_credits credit on credit.org_id = item.org_id and credit.id = item.credit_id
    cross join lateral (
        select coalesce(booking.fee_mode, credit.fee_mode) = 'on_top' and not item.is_paid_outside as is_payer
    ) bearer
    where waiting.org_id = p_org_id
        and not waiting.is_own_sale
        and num_nonnulls(item.id, earning.id) > 0
    order by waiting.entry_id
    limit p_limit;
end;
$$;

-- The item that a ledger transaction is about, by what caused it; of several one, since those of an order have one instructor and one payer.
create function private.item_of_source(p_org_id uuid, p_source_type text, p_source_id uuid)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case p_source_type
        when 'order_item' then p_source_id
        when 'payment' then private.item_of_payment(p_org_id, p_source_id)
        when 'refund' then coalesce(
            (
                select returned.item_id
                from private.return_items returned
                where returned.org_id = p_org_id
                    and returned.refund_id = p_source_id
                order by returned.item_id
                limit 1
            ),
            (
                select private.item_of_payment(refund.org_id, refund.payment_id)
                from public.refunds refund
                where refund.org_id = p_org_id
                    and refund.id = p_source_id
            )
        )
        when 'dispute' then coalesce(
            (
                select returned.item_id
                from private.return_items returned
                where returned.org_id = p_org_id
                    and returned.dispute_id = p_source_id
                order by returned.item_id
                limit 1
            ),
            (
                select private.item_of_payment(dispute.org_id, dispute.payment_id)
                from public.disputes dispute
                where dispute.org_id = p_org_id
                    and dispute.id = p_source_id
            )
        )
        when 'credit_entry' then (
            select lot.id
            from public.credit_entries entry
            join public.order_items lot on lot.org_id = entry.org_id and lot.credit_id = entry.credit_id
            where entry.org_id = p_org_id
                and entry.id = p_source_id
        )
    end;
end;
$$;

-- The first item that a payment pays.
create function private.item_of_payment(p_org_id uuid, p_payment_id uuid)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select part.item_id
        from public.payment_items part
        where part.org_id = p_org_id
            and part.payment_id = p_payment_id
        order by part.item_id
        limit 1
    );
end;
$$;

-- Who paid for an item: the payer of the latest payment of its order, or of the hours that it used; of a free one, who ordered it.
create function private.payer_of_item(p_item public.order_items)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(
        (
            select payment.payer_id
            from public.payments payment
            where payment.org_id = p_item.org_id
                and payment.order_id = p_item.order_id
                and payment.is_accepted
            order by payment.created_at desc, payment.id desc
            limit 1
        ),
        (select funding.payer_id from private.funding_payment(p_item.id) funding),
        (
            select ordered.placed_by
            from public.orders ordered
            where ordered.org_id = p_item.org_id
                and ordered.id = p_item.order_id
        )
    );
end;
$$;

-- What the same ledger transaction says was given as a discount.
create function private.promotion_cents(p_entry private.ledger_entries)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(sum(other.amount_cents), 0)::bigint
        from private.ledger_entries other
        join private.ledger_accounts account on account.org_id = other.org_id and account.id = other.account_id
        where other.org_id = p_entry.org_id
            and other.transaction_id = p_entry.transaction_id
            and account.kind = 'promotions'
    );
end;
$$;
