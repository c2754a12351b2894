-- Decides what a cancellation or no-show refunds and what the instructor keeps. The order, the slot and the payments are locked first, so
-- that what is decided is what happens: a refund or a dispute that arrives earlier counts, and one that arrives later waits.
create function private.decide_cancellation_outcome(
    p_booking public.bookings,
    p_ended_by public.booking_party,
    p_is_no_show boolean,
    p_refund_bps integer default null
)
    returns private.cancellation_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform
    from public.bookable_slots
    where org_id = p_booking.org_id
        and id = p_booking.slot_id
    for no key update;
    perform private.lock_order_payments(p_booking.order_id);
    return private.calculate_cancellation_outcome(p_booking, p_ended_by, p_is_no_show, p_refund_bps);
end;
$$;

-- Calculates it for the present instant, by the table of entitlements: the learner's or a guardian's cancellation gives back the policy's
-- fraction of what is still paid; the learner's no-show nothing; anybody else's cancellation, and the instructor's no-show,
-- everything. A refund rate that is given replaces the policy's. Previews and decisions call it.
create function private.calculate_cancellation_outcome(
    p_booking public.bookings,
    p_ended_by public.booking_party,
    p_is_no_show boolean,
    p_refund_bps integer default null
)
    returns private.cancellation_outcome
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item public.order_items;
    outcome private.cancellation_outcome;
    credit_cents bigint;
    refundable_cents bigint;
begin
    select * into item from public.order_items where org_id = p_booking.org_id and booking_id = p_booking.id;
    outcome.ending := private.ending_of(p_booking, p_ended_by, p_is_no_show, p_refund_bps);
    outcome.refund_bps := case outcome.ending
        when 'fault' then 10000
        when 'withdrawn' then 10000
        when 'missed' then 0
        else coalesce(p_refund_bps, private.policy_refund_bps(p_booking))
    end;
    outcome.restored_minutes := case
        when item.id is null then 0
        when private.makes_whole(outcome.ending)
            then least(
                private.reserved_minutes(p_booking.id),
                private.minutes_worth(item, private.unreturned_cents(item) - private.card_rest_cents(item))
            )
        else (private.reserved_minutes(p_booking.id) * outcome.refund_bps + 9999) / 10000
    end;

    credit_cents := private.prepaid_cents(item);
    refundable_cents := case
        when not private.is_paid_in_money(item) then 0
        else greatest(
            case when item.is_fee_refundable or private.makes_whole(outcome.ending) then item.total_cents else least(item.share_cents, item.total_cents) end
            - credit_cents - item.refunded_cents - item.lost_cents - private.waiting_refund_cents(item.id, true),
            0
        )
    end;
    outcome.cancellation_refund_cents := private.prorate(refundable_cents, outcome.refund_bps, 10000)
        + case
            when not item.is_paid_outside and private.is_paid_in_money(item) and private.makes_whole(outcome.ending)
                then greatest(private.excess_due_cents(item) - private.waiting_excess_cents(item.id), 0)
            else 0
        end;
    outcome.kept_cents := case
        when private.is_paid_in_money(item) then greatest(
            item.total_cents - credit_cents - item.refunded_cents - item.lost_cents - private.waiting_refund_cents(item.id, true)
            - outcome.cancellation_refund_cents,
            0
        )
        else 0
    end;
    item.ending := outcome.ending;
    item.refund_bps := outcome.refund_bps;
    outcome.kept_share_cents := case
        when p_booking.status in ('confirmed', 'in_progress') then private.keepable_cents(item)
        else 0
    end;
    return outcome;
end;
$$;

-- Whether the learner may cancel for nothing at a moment: within two hours of accepting what somebody else had proposed, until the start.
-- Nobody has booked what is offered from a waiting list: the learner asked for it.
create function private.is_free_to_cancel(p_booking public.bookings, p_at timestamptz)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_booking.accepted_at is not null
        and p_booking.booked_by is not null
        and p_at < least(p_booking.accepted_at + interval '2 hours', p_booking.start_at);
$$;

-- How a booking ends that a party cancels or misses. What was not confirmed is nobody's lesson, so that all of it goes back; and so it
-- does of what the learner has just accepted.
create function private.ending_of(
    p_booking public.bookings,
    p_ended_by public.booking_party,
    p_is_no_show boolean,
    p_refund_bps integer
)
    returns public.order_item_ending
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when p_booking.status not in ('confirmed', 'in_progress') then 'fault'
        when p_booking.is_withdrawn then 'withdrawn'
        when p_is_no_show then case p_ended_by when 'learner' then 'missed' else 'fault' end
        when p_refund_bps < 10000 then 'cancelled'
        when p_ended_by in ('learner', 'guardian') and not private.is_free_to_cancel(p_booking, private.clock()) then 'cancelled'
        else 'fault'
    end::public.order_item_ending;
end;
$$;

-- The prepaid minutes that a booking has reserved, or used if its lesson counted as given.
create function private.reserved_minutes(p_booking_id uuid)
    returns integer
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(sum(part.minutes), 0)::integer
    from (
        select reserved.minutes from private.reserved_credit(p_booking_id) reserved
        union all
        select used.minutes from private.used_credit(p_booking_id) used
    ) part;
$$;

-- Whether a payment has paid for an item, or has an authorization for it; or the learner paid outside, and has back from the instructor
-- what the ending owes.
create function private.is_paid_in_money(p_item public.order_items)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(p_item.is_paid_outside, false) or exists (
        select
        from public.payment_items part
        join public.payments payment on payment.org_id = part.org_id and payment.id = part.payment_id
        where part.org_id = p_item.org_id
            and part.item_id = p_item.id
            and payment.is_accepted
            and payment.status in ('authorized', 'succeeded')
    );
end;
$$;
