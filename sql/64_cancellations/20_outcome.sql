-- Cancellations: what follows when a booking does not take place as agreed, and who gets which money back.
--
-- 20_outcome decides what a cancellation or no-show refunds and what the instructor keeps; 30 to 40 are the use cases cancel,
-- no-show and reschedule; 50 and 51 are refunds that a person requests or an admin makes; 60 and 61 end many bookings at once.
-- The room has no tables: bookings are in 50_bookings, payments and refunds in 60_payments.
--
-- Frontends call the functions of 80_api; 95_operations calls void_ageing_authorizations. 82_effects calls the functions that
-- refund a booking once its status has changed, whoever changed it.
-- What ending a booking early gives back, and what is kept of it, if this fraction goes back: of money, of prepaid minutes, or
-- of a share that the platform bears. What was never confirmed gives everything back,
-- that is what was paid for the booking that was given up for it.
create function private.decide_cancellation_outcome(p_booking public.bookings, p_refund_bps integer)
    returns private.cancellation_outcome
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    ending private.cancellation_outcome;
    minutes constant integer := extract(epoch from p_booking.end_at - p_booking.start_at) / 60;
begin
    ending.refund_bps := p_refund_bps;
    select coalesce(sum(due.refund_cents), 0), coalesce(sum(due.kept_cents), 0), coalesce(sum(due.kept_share_cents), 0)
    into ending.cancellation_refund_cents, ending.kept_cents, ending.kept_share_cents
    from private.cancellation_refunds(p_booking.id, p_refund_bps) due;
    ending.restored_minutes := 0;

    if p_booking.status not in ('confirmed', 'in_progress') then
        ending.kept_share_cents := 0;
        select coalesce(
            sum(case paid.status when 'authorized' then paid.amount_cents else private.refundable_cents(paid) end), 0
        )
        into ending.cancellation_refund_cents
        from public.bookings moved
        join public.payments paid on paid.booking_id = moved.id
        where moved.id = p_booking.original_booking_id
            and moved.is_rescheduled
            and paid.is_accepted
            and paid.status in ('authorized', 'succeeded');
    elsif p_booking.total_cents = 0 and p_booking.credit_applied_cents = 0 then
        ending.kept_share_cents := p_booking.instructor_share_cents
            - private.prorate(p_booking.instructor_share_cents, p_refund_bps, 10000);
    end if;
    if exists (select from private.reserved_credit(p_booking.id)) then
        ending.restored_minutes := private.prorate(minutes, p_refund_bps, 10000);
        select p_booking.instructor_share_cents - coalesce(sum(returned.share_cents), 0) into ending.kept_share_cents
        from private.restored_credit(p_booking.id, ending.restored_minutes) returned;
    end if;
    return ending;
end;
$$;

-- The fraction that goes back when a booking ends early: by the policy frozen with it when the learner or a guardian cancels what
-- is confirmed, nothing when the learner does not come, else all.
create function private.cancellation_refund_bps(p_booking public.bookings, p_ended_by public.booking_party, p_is_no_show boolean)
    returns integer
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select case
        when p_booking.status not in ('confirmed', 'in_progress') then 10000
        when p_is_no_show then case p_ended_by when 'learner' then 0 else 10000 end
        when p_ended_by in ('learner', 'guardian') then private.policy_refund_bps(p_booking)
        else 10000
    end;
$$;

-- What of each payment of a booking goes back when a fraction of its price does, and what the instructor keeps of its share then.
-- What was given back before counts; of a disputed payment nothing can be, but the instructor keeps no more for that. Where the
-- fee is not refundable, the fraction is of the share.
create function private.cancellation_refunds(p_booking_id uuid, p_refund_bps integer)
    returns table (payment_id uuid, refund_cents bigint, kept_cents bigint, kept_share_cents bigint)
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select
        payment.id,
        due.cents,
        payment.amount_cents - payment.uncaptured_cents - payment.lost_cents - refunding.cents - due.cents,
        least(
            private.remaining_share_cents(payment, refunding.cents - payment.refunded_cents + due.cents),
            payment.share_cents - (private.split_refund(payment, whole.cents)).share_cents
        )
    from public.bookings booking
    cross join lateral private.allocate_price(booking.id, booking) paid
    join public.payments payment on payment.id = paid.payment_id
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
    where booking.id = p_booking_id
    order by payment.created_at, payment.id;
$$;
