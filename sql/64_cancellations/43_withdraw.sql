-- Withdraws from an order within 14 days, for the learner or a guardian who may pay, and returns the receipt; calling it again returns the
-- same one. Lessons that are not given, and unused minutes, go back in full with their fee, before any cancellation policy; lessons given
-- are kept. Of prepaid hours the lessons that are booked with them go too. Definer: bookings and lots change only through functions.
create function private.withdraw_from_order(p_order_id uuid)
    returns public.order_withdrawals
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    ordered public.orders := private.require_withdrawable_order(p_order_id);
    receipt public.order_withdrawals;
    booking public.bookings;
begin
    select * into receipt from public.order_withdrawals where org_id = ordered.org_id and order_id = ordered.id;
    if found then
        return receipt;
    end if;
    perform private.assert_withdrawable(ordered);

    receipt.booking_ids := '{}';
    receipt.refund_cents := 0;
    receipt.restored_minutes := 0;
    for booking in
        select ahead.* from private.withdrawable_bookings(ordered) ahead order by ahead.start_at, ahead.id
    loop
        update public.bookings
        set status = 'cancelled',
            is_withdrawn = true,
            cancelled_by = coalesce(private.party_of(booking), 'guardian'),
            cancelled_at = private.clock(),
            cancellation_reason = 'The contract was withdrawn from.'
        where org_id = booking.org_id
            and id = booking.id
            and status = booking.status
        returning * into booking;
        if found then
            receipt.booking_ids := receipt.booking_ids || booking.id;
            receipt.refund_cents := receipt.refund_cents + booking.cancellation_refund_cents;
            receipt.restored_minutes := receipt.restored_minutes + booking.restored_minutes;
        end if;
    end loop;
    select receipt.refund_cents + coalesce(sum(back.amount_cents), 0), coalesce(sum(back.minutes), 0)
    into receipt.refund_cents, receipt.refunded_minutes
    from private.withdraw_hours(ordered) back;
    if receipt.refunded_minutes = 0 and cardinality(receipt.booking_ids) = 0 then
        perform private.refuse(
            'PT409', 'nothing_to_withdraw',
            'Everything of this order is given, or has ended.',
            'Reload the order.'
        );
    end if;

    insert into public.order_withdrawals (
        org_id, order_id, learner_id, instructor_id, currency, refund_cents, restored_minutes, refunded_minutes, booking_ids, withdrawn_by
    )
    values (
        ordered.org_id, ordered.id, ordered.learner_id, ordered.instructor_id, ordered.currency, receipt.refund_cents,
        receipt.restored_minutes, receipt.refunded_minutes, receipt.booking_ids, private.my_user_id()
    )
    returning * into receipt;
    return receipt;
end;
$$;

-- Returns, locked, an order of the caller's or of a learner for whom the caller pays.
create function private.require_withdrawable_order(p_order_id uuid)
    returns public.orders
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    perform private.lock_orders(array[p_order_id]);
    return private.require_own_order(private.my_user_id(), p_order_id);
end;
$$;

-- Refuses what may not be withdrawn from, by the terms of the order, or not any more: the day on which the learner agreed to it and 14 more
-- have passed. What somebody else has ordered is agreed to by accepting it.
create function private.assert_withdrawable(p_order public.orders)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    time_zone constant text := (select organization.time_zone from public.organizations organization where organization.id = p_order.org_id);
    agreed_at constant timestamptz := greatest(
        p_order.created_at,
        (
            select max(booking.accepted_at)
            from public.bookings booking
            where booking.org_id = p_order.org_id
                and booking.order_id = p_order.id
                and booking.original_booking_id is null
        )
    );
begin
    if p_order.withdrawal_mode = 'none' or (
        p_order.withdrawal_mode = 'packages'
        and not exists (
            select from public.order_items item where item.order_id = p_order.id and item.kind = 'credits'
        )
    ) then
        perform private.refuse(
            'PT409', 'no_withdrawal',
            'This order cannot be withdrawn from.',
            'Cancel its lessons: preview_cancellation says what comes back.'
        );
    end if;
    if (private.clock() at time zone time_zone)::date > (agreed_at at time zone time_zone)::date + 14 then
        perform private.refuse(
            'PT409', 'withdrawal_too_late',
            'The 14 days in which this order could be withdrawn from are over.',
            'Cancel its lessons, or refund unused hours with refund_credits.'
        );
    end if;
end;
$$;

-- The lessons ahead of an order, and those ahead that are booked with its hours. A time to which a lesson might move ends with the lesson.
create function private.withdrawable_bookings(p_order public.orders)
    returns setof public.bookings
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select booking.*
    from public.bookings booking
    where booking.org_id = p_order.org_id
        and booking.status in ('proposed', 'requested', 'held', 'confirmed')
        and booking.start_at > private.clock()
        and not private.waits_for_its_original(booking)
        and (
            booking.order_id = p_order.id
            or booking.id in (
                select entry.booking_id
                from public.order_items sold
                join public.credit_entries entry on entry.org_id = sold.org_id and entry.credit_id = sold.credit_id
                where sold.order_id = p_order.id
                    and entry.kind = 'reserve'
            )
        );
$$;

-- Refunds the unused minutes of an order's lots, fee included. Those whose payment is disputed stay frozen until the bank has decided, and
-- what it leaves of them is refunded then (60_offboard.sql), however late that is. Hours that were never paid cannot be paid any more.
create function private.withdraw_hours(p_order public.orders)
    returns table (minutes integer, amount_cents bigint)
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    lot record;
begin
    for lot in
        select credit, paid.payment
        from public.order_items item
        join public.learner_credits credit on credit.org_id = item.org_id and credit.id = item.credit_id
        left join lateral (
            select payment
            from public.payment_items part
            join public.payments payment on payment.org_id = part.org_id and payment.id = part.payment_id and payment.is_accepted
            where part.org_id = item.org_id
                and part.item_id = item.id
            limit 1
        ) paid on true
        where item.order_id = p_order.id
            and (credit.minutes_left > 0 or credit.status = 'pending')
            and credit.status <> 'cancelled'
        order by credit.created_at, credit.id
        for no key update of credit
    loop
        if (lot.credit).status = 'pending' then
            update public.learner_credits set status = 'cancelled' where id = (lot.credit).id;
            perform private.cancel_open_payment(p_order.id);
            minutes := (lot.credit).minutes_purchased;
            amount_cents := 0;
            return next;
        elsif (lot.payment).is_disputed then
            minutes := (lot.credit).minutes_left;
            amount_cents := private.credit_part_cents(private.next_credit_part(lot.credit, minutes));
            return next;
        else
            return query
            select back.minutes, back.amount_cents
            from private.refund_lot(lot.payment, lot.credit, null, 'The contract was withdrawn from.', null, true) back;
        end if;
    end loop;
end;
$$;
