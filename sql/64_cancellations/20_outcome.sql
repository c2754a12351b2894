-- Decides what a cancellation or no-show refunds at this refund rate and what the instructor keeps, and stores it for
-- refund_booking to carry out. The slot and the payments are locked first, so that what is decided is what happens: a refund or a
-- dispute that arrives earlier counts, and one that arrives later waits. The caller holds the booking's lock.
create function private.decide_cancellation_outcome(p_booking public.bookings, p_refund_bps integer)
    returns private.cancellation_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    outcome private.cancellation_outcome;
begin
    perform
    from public.bookable_slots
    where org_id = p_booking.org_id
        and id = p_booking.slot_id
    for no key update;
    perform private.lock_booking_payments(p_booking);

    outcome := private.calculate_cancellation_outcome(p_booking, p_refund_bps);

    insert into private.return_items (org_id, booking_id, payment_id, refund_cents)
    select item.org_id, item.booking_id, item.payment_id, item.refund_cents
    from unnest(outcome.items) item;
    return outcome;
end;
$$;

-- Calculates what a cancellation or no-show refunds at this refund rate: money, prepaid minutes, or a part of a free booking's
-- share. A replacement that was not confirmed refunds what was paid for its original. Previews and decisions call it.
create function private.calculate_cancellation_outcome(p_booking public.bookings, p_refund_bps integer)
    returns private.cancellation_outcome
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    outcome private.cancellation_outcome;
    minutes constant integer := extract(epoch from p_booking.end_at - p_booking.start_at) / 60;
begin
    outcome.refund_bps := p_refund_bps;
    outcome.restored_minutes := 0;
    select
        coalesce(sum(due.refund_cents), 0),
        coalesce(sum(due.kept_cents), 0),
        coalesce(sum(due.kept_share_cents), 0),
        array_agg(
            row(p_booking.org_id, p_booking.id, due.payment_id, due.refund_cents, private.clock())::private.return_items
        )
    into outcome.cancellation_refund_cents, outcome.kept_cents, outcome.kept_share_cents, outcome.items
    from private.cancellation_refunds(p_booking, p_refund_bps) due;

    if p_booking.status in ('confirmed', 'in_progress') and p_booking.total_cents = 0 and p_booking.credit_applied_cents = 0 then
        outcome.kept_share_cents := p_booking.instructor_share_cents
            - private.prorate(p_booking.instructor_share_cents, p_refund_bps, 10000);
    end if;
    if exists (select from private.reserved_credit(p_booking.id)) then
        outcome.restored_minutes := private.prorate(minutes, p_refund_bps, 10000);
        select p_booking.instructor_share_cents - coalesce(sum(restored.share_cents), 0) into outcome.kept_share_cents
        from private.restored_credit(p_booking.id, outcome.restored_minutes) restored;
    end if;
    return outcome;
end;
$$;

-- What of each payment is refunded at this refund rate, and what is kept of it, in all and of the instructor's share. Earlier
-- refunds count. A disputed payment cannot be refunded, but the instructor does not keep more for that. If the fee is not
-- refundable, the rate applies to the share. For an unconfirmed replacement: all that is left of its original's payments.
create function private.cancellation_refunds(p_booking public.bookings, p_refund_bps integer)
    returns table (payment_id uuid, refund_cents bigint, kept_cents bigint, kept_share_cents bigint)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        payment.id,
        due.cents,
        payment.amount_cents - payment.uncaptured_cents - payment.lost_cents - refunding.cents - due.cents,
        least(
            private.remaining_share_cents(payment, refunding.cents - payment.refunded_cents + due.cents),
            payment.share_cents - (private.split_refund(payment, whole.cents)).share_cents
        )
    from private.allocate_price(p_booking.id, p_booking) paid
    join public.payments payment on payment.org_id = p_booking.org_id and payment.id = paid.payment_id
    cross join lateral (select private.committed_refund_cents(payment.id) as cents) refunding
    cross join lateral (
        select paid.whole_cents - paid.price_cents + private.prorate(paid.price_cents, p_refund_bps, 10000) as cents
    ) whole
    cross join lateral (
        select least(
            greatest(whole.cents - payment.uncaptured_cents - refunding.cents, 0),
            case payment.status when 'authorized' then payment.amount_cents else private.refundable_cents(payment) end
        ) as cents
    ) due
    where p_booking.status in ('confirmed', 'in_progress')
    union all
    select
        payment.id,
        case payment.status when 'authorized' then payment.amount_cents else private.refundable_cents(payment) end,
        0,
        0
    from public.bookings original
    join public.payments payment on payment.org_id = original.org_id and payment.booking_id = original.id
    where p_booking.status not in ('confirmed', 'in_progress')
        and original.org_id = p_booking.org_id
        and original.id = p_booking.original_booking_id
        and original.is_rescheduled
        and payment.is_accepted
        and payment.status in ('authorized', 'succeeded');
$$;

-- The refund rate of a cancellation or no-show in basis points. A learner or guardian who cancels a confirmed booking gets what
-- its cancellation policy says; a learner who does not come gets nothing; in every other case everything is refunded.
create function private.cancellation_refund_bps(
    p_booking public.bookings,
    p_ended_by public.booking_party,
    p_is_no_show boolean
)
    returns integer
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_booking.status not in ('confirmed', 'in_progress') then 10000
        when p_is_no_show then case p_ended_by when 'learner' then 0 else 10000 end
        when p_ended_by in ('learner', 'guardian') then private.policy_refund_bps(p_booking)
        else 10000
    end;
$$;
