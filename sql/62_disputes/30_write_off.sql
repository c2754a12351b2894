-- Brings what the disputes of a payment have cost to what Stripe has withdrawn for the lost ones, posts the difference, and says whether
-- the payment is disputed. So every order of events ends in the same books. A dispute may be won after it was lost: then what is owed is
-- refunded. Called after each event of a dispute, and by 82_effects when the payment succeeds, or minutes that it paid for come back to
-- their lot. The caller holds the order's lock.
create function private.write_off_losses(p_payment_id uuid, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    dispute public.disputes;
    change_cents bigint;
begin
    if not exists (select from public.disputes known where known.payment_id = p_payment_id) then
        return;
    end if;

    select * into strict payment from public.payments where id = p_payment_id for no key update;
    if payment.status = 'succeeded' or private.is_set_aside(payment) then
        for dispute in
            select one.*
            from public.disputes one
            where one.org_id = payment.org_id
                and one.payment_id = payment.id
            order by one.opened_at, one.stripe_dispute_id
        loop
            perform private.write_off_dispute(payment, dispute, p_occurred_at);
        end loop;
    end if;

    update public.payments
    set is_disputed = result.is_open,
        lost_cents = least(result.lost_cents, amount_cents - uncaptured_cents - refunded_cents)
    from (
        select
            bool_or(one.status in ('needs_response', 'under_review')) as is_open,
            case when payment.status = 'succeeded' then sum(one.lost_cents) else 0 end::bigint as lost_cents
        from public.disputes one
        where one.org_id = payment.org_id
            and one.payment_id = payment.id
    ) result
    where payments.org_id = payment.org_id
        and payments.id = payment.id
        and (is_disputed, payments.lost_cents)
        <> (result.is_open, least(result.lost_cents, amount_cents - uncaptured_cents - refunded_cents))
    returning payments.lost_cents - payment.lost_cents into change_cents;
    if change_cents < 0 then
        perform private.refund_due(item_id, 'The dispute was won.') from private.paid_item_ids(payment.id) item_id;
    end if;
end;
$$;

-- Allocates what a lost dispute has cost, releases what it has not cost after all, and posts the difference. What nothing that was sold
-- covers, such as a part of a minute, is the platform's loss. Of money in suspense nothing was sold.
create function private.write_off_dispute(p_payment public.payments, p_dispute public.disputes, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    claim_cents constant bigint := case
        when private.is_dispute_lost(p_dispute.status) then greatest(p_dispute.withdrawn_cents, 0)
        else 0
    end;
    allocated_cents bigint := private.allocated_loss_cents(p_dispute);
    postings private.posting[] := array[
        row('dispute_receivable', null, p_dispute.lost_cents - claim_cents)
    ]::private.posting[];
begin
    if private.is_set_aside(p_payment) then
        postings := postings || row('suspense', null, claim_cents - p_dispute.lost_cents)::private.posting;
    else
        if allocated_cents > claim_cents then
            postings := postings || private.release_loss(p_payment, p_dispute);
            allocated_cents := 0;
        end if;
        if allocated_cents < claim_cents then
            postings := postings || private.allocate_loss(p_payment, p_dispute, claim_cents - allocated_cents);
        end if;
        postings := postings
            || row('dispute_losses', null, -(select sum(line.amount_cents) from unnest(postings) line))::private.posting;
    end if;

    if exists (
        select
        from unnest(postings) line
        group by line.account_kind, line.owner_id
        having sum(line.amount_cents) <> 0
    ) then
        update public.disputes
        set lost_cents = claim_cents,
            revision = revision + 1
        where org_id = p_dispute.org_id
            and id = p_dispute.id;
        perform private.post_transaction(
            p_dispute.org_id, 'dispute_lost', 'dispute', p_dispute.id,
            format('dispute:%s:lost:%s', p_dispute.id, p_dispute.revision),
            p_dispute.currency, p_occurred_at, postings
        );
    end if;
end;
$$;

-- What a dispute has been allocated of items and of minutes so far.
create function private.allocated_loss_cents(p_dispute public.disputes)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        coalesce(
            (
                select sum(part.amount_cents)
                from private.return_items part
                where part.org_id = p_dispute.org_id
                    and part.dispute_id = p_dispute.id
            ),
            0
        )
        + coalesce(
            (
                select sum(
                    case entry.kind when 'dispute' then 1 else -1 end
                    * (entry.share_cents + entry.fee_cents - entry.discount_cents)
                )
                from public.credit_entries entry
                where entry.org_id = p_dispute.org_id
                    and entry.dispute_id = p_dispute.id
            ),
            0
        )
    )::bigint;
end;
$$;

-- Recomputes what disputes over the hours that a booking used have cost, after minutes have come back to them. 82_effects calls it.
create function private.write_off_restored_minutes(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.write_off_losses(bought.payment_id, private.clock())
    from (
        select distinct part.payment_id
        from public.credit_entries entry
        join public.order_items item on item.org_id = entry.org_id and item.credit_id = entry.credit_id
        join public.payment_items part on part.org_id = item.org_id and part.item_id = item.id
        where entry.org_id = p_booking.org_id
            and entry.booking_id = p_booking.id
            and entry.kind = 'restore'
    ) bought;
end;
$$;

-- Whether a dispute was lost: also while that is appealed.
create function private.is_dispute_lost(p_status public.dispute_status)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_status in ('lost', 'appeal_needs_response', 'appeal_under_review');
$$;
