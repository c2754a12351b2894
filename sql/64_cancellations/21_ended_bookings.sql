-- Decides what every booking refunds that is cancelled or missed, whoever ends it: a function, or an edit in Studio. A refund rate that
-- the writer sets is used; amounts are not. An edit that says neither when nor by whom a booking is cancelled is an admin's, now. Whoever
-- edits a booking directly while somebody else moves its order's money is refused, because waiting here could deadlock.
-- Definer: the writer needs no access to payments and credits.
create function private.set_cancellation_outcome()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    outcome private.cancellation_outcome;
begin
    perform private.assert_order_is_free(new.order_id);
    if new.status not in ('cancelled', 'no_show') then
        return new;
    end if;

    if new.status = 'cancelled' then
        new.cancelled_by := coalesce(new.cancelled_by, 'admin');
        new.cancelled_at := coalesce(new.cancelled_at, private.clock());
    end if;
    new.hold_expires_at := null;
    old.is_withdrawn := new.is_withdrawn;
    outcome := private.decide_cancellation_outcome(
        old, coalesce(new.no_show_by, new.cancelled_by), new.status = 'no_show', new.refund_bps
    );
    new.refund_bps := outcome.refund_bps;
    new.cancellation_refund_cents := outcome.cancellation_refund_cents;
    new.restored_minutes := outcome.restored_minutes;
    new.kept_share_cents := outcome.kept_share_cents;
    return new;
end;
$$;

create trigger set_cancellation_outcome
    before update of status on public.bookings
    for each row
    when (new.status <> old.status and not new.is_rescheduled)
    execute function private.set_cancellation_outcome();

-- Locks an order without waiting. Functions hold the lock already; a direct edit is refused while somebody else holds it.
create function private.assert_order_is_free(p_order_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform from public.orders where id = p_order_id for no key update nowait;
exception
    when lock_not_available then
        perform private.refuse(
            'PT409', 'order_busy',
            'Somebody else is changing this order at this moment.',
            'Try again.'
        );
end;
$$;

-- Ends the item of a booking that has ended, as was decided before. A replacement that was not confirmed ends the item only if the
-- original was given up for it. 82_effects calls it.
create function private.end_booking_item(p_booking public.bookings, p_was_confirmed boolean)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    ending public.order_item_ending;
begin
    if not p_was_confirmed then
        perform private.end_item(item.booking_id, 'fault', 10000, 0, item.minutes)
        from public.order_items item
        where item.booking_id = p_booking.id
            and (item.is_paid or item.credit_share_cents + item.credit_fee_cents > 0);
        return;
    end if;

    ending := case
        when p_booking.status = 'completed' then 'given'
        when p_booking.status = 'no_show' then case p_booking.no_show_by when 'learner' then 'missed' else 'fault' end
        when p_booking.is_withdrawn then 'withdrawn'
        when p_booking.refund_bps < 10000 then 'cancelled'
        when p_booking.cancelled_by in ('learner', 'guardian') and not private.is_free_to_cancel(p_booking, p_booking.cancelled_at)
            then 'cancelled'
        else 'fault'
    end;
    perform private.end_item(
        p_booking.id,
        ending,
        p_booking.refund_bps,
        case ending when 'cancelled' then p_booking.cancellation_refund_cents else 0 end,
        coalesce(p_booking.restored_minutes, 0)
    );
end;
$$;

-- Refunds what is due of a booking that ended, and captures of its authorizations what is kept. 82_effects calls it.
create function private.settle_ended_booking(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.capture_item(p_booking.id);
    perform private.refund_due(
        item.id,
        case
            when p_booking.original_booking_id is not null and p_booking.cancellation_refund_cents is null
                then 'The rescheduled lesson was not confirmed.'
            when p_booking.status = 'no_show' then 'The instructor did not come.'
            else 'The booking was cancelled.'
        end
    )
    from public.order_items item
    where item.booking_id = p_booking.id
        and item.ending is not null;
end;
$$;

-- Cancels the unconfirmed replacement of a booking that ended. 82_effects calls it.
create function private.cancel_replacement(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.bookings
    set status = 'cancelled',
        cancelled_by = 'system',
        cancelled_at = private.clock(),
        cancellation_reason = 'The booking to be rescheduled has ended.'
    where org_id = p_booking.org_id
        and original_booking_id = p_booking.id
        and status in ('proposed', 'held', 'requested');
$$;

-- Cancels lessons ahead, confirmed or requested, of which a lost dispute has taken what was paid: all of it, or any of it where prepaid
-- minutes paid. The rest goes back. 82_effects calls it.
create function private.cancel_lost_lessons(p_dispute public.disputes)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.bookings
    set status = 'cancelled',
        cancelled_by = 'system',
        cancelled_at = private.clock(),
        cancellation_reason = 'The payer''s bank has taken back what was paid for it.'
    where org_id = p_dispute.org_id
        and status in ('requested', 'confirmed')
        and start_at > private.clock()
        and id in (
            select item.booking_id
            from private.return_items lost
            join public.order_items item on item.org_id = lost.org_id and item.id = lost.item_id
            where lost.org_id = p_dispute.org_id
                and lost.dispute_id = p_dispute.id
                and item.lost_cents > 0
                and (private.unreturned_cents(item) = 0 or item.credit_share_cents > 0)
        );
$$;

-- Gives up holds whose prepaid minutes a lost dispute has taken, before a card pays the rest: once nothing else is left of the hours, the
-- minutes come back to them and are lost there. 82_effects calls it.
create function private.cancel_lost_holds(p_dispute public.disputes)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.bookings
    set status = 'cancelled',
        cancelled_by = 'system',
        cancelled_at = private.clock(),
        cancellation_reason = 'The payer''s bank has taken back what was paid for its hours.'
    where org_id = p_dispute.org_id
        and status in ('held', 'requested')
        and private.allocated_loss_cents(p_dispute) < p_dispute.lost_cents
        and id in (
            select entry.booking_id
            from public.payment_items paid
            join public.order_items sold on sold.org_id = paid.org_id and sold.id = paid.item_id
            join public.learner_credits lot on lot.org_id = sold.org_id and lot.id = sold.credit_id and lot.minutes_left = 0
            join public.credit_entries entry on entry.org_id = lot.org_id and entry.credit_id = lot.id and entry.kind = 'reserve'
            where paid.org_id = p_dispute.org_id
                and paid.payment_id = p_dispute.payment_id
        );
$$;
