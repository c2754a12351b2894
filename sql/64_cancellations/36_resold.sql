-- A learner who cancels late pays for a genuine loss only. When somebody else has paid for the same time, what was kept goes back, as if
-- the lesson had been cancelled in time. What the learner has back by then stays, whatever becomes of the other lesson.

-- Gives back what an organization kept of late cancellations whose time was sold again, and returns of how many. It runs apart from the
-- sale, because it locks another order than the one that is sold. Called by maintain_organization (95).
create function private.refund_resold_times(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    resold record;
    refunded_count integer := 0;
begin
    for resold in
        select item.id as item_id
        from public.bookings cancelled
        join public.organizations organization on organization.id = cancelled.org_id and organization.refunds_resold_times
        join public.order_items item
            on item.org_id = cancelled.org_id
            and item.booking_id = cancelled.id
            and item.ending = 'cancelled'
            and item.refund_bps < 10000
            and item.is_paid
        join public.orders ordered on ordered.org_id = item.org_id and ordered.id = item.order_id
        where cancelled.org_id = p_org_id
            and cancelled.is_partly_kept
            and cancelled.start_at > private.clock() - interval '2 days'
            and private.is_sold_again(cancelled)
        order by ordered.id, item.id
        limit 1000
        for no key update of ordered skip locked
    loop
        perform private.give_back_kept_part(resold.item_id);
        refunded_count := refunded_count + 1;
    end loop;
    return refunded_count;
end;
$$;

-- Whether the learner of a lesson ahead could still give it back for nothing: in time, just after accepting it, or by withdrawing from it or
-- from the hours that pay for it.
create function private.is_returnable(p_booking public.bookings, p_mode public.withdrawal_mode)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_mode = 'full'
        or p_booking.credit_minutes > 0
        or private.is_free_to_cancel(p_booking, private.clock())
        or private.policy_refund_bps(p_booking) = 10000;
end;
$$;

-- Whether the time of a cancelled lesson was sold to another learner since: all of it, and of a group the last of its seats. A lesson that
-- was sold before, and only moves there, leaves another time empty. As long as it can be given back for nothing, nothing is sold for good.
create function private.is_sold_again(p_cancelled public.bookings)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from public.bookings sold
        join public.order_items item on item.org_id = sold.org_id and item.booking_id = sold.id and item.is_paid
        join public.orders ordered on ordered.org_id = item.org_id and ordered.id = item.order_id
        join public.bookable_slots slot on slot.org_id = sold.org_id and slot.id = sold.slot_id
        where sold.instructor_id = p_cancelled.instructor_id
            and sold.start_at <= p_cancelled.start_at
            and sold.end_at >= p_cancelled.end_at
            and sold.start_at > p_cancelled.start_at - interval '1 day'
            and ordered.created_at >= p_cancelled.cancelled_at
            and sold.learner_person_id <> p_cancelled.learner_person_id
            and sold.status in ('confirmed', 'in_progress', 'completed', 'no_show')
            and slot.current_bookings >= slot.max_bookings
            and (sold.start_at <= private.clock() or not private.is_returnable(sold, ordered.withdrawal_mode))
    );
end;
$$;

-- Turns a late cancellation into one in time: the payer is owed what is still paid, of a fee that is not refundable all but the fee, and
-- minutes that were used are restored. The difference is posted, and the instructor's earning reversed with it.
create function private.give_back_kept_part(p_item_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    before public.order_items;
    item public.order_items;
begin
    select * into strict before from public.order_items where id = p_item_id for no key update;
    perform private.lock_order_payments(before.order_id);
    update public.order_items
    set refund_bps = 10000,
        owed_cents = case
            when is_fee_refundable then private.card_rest_cents(before)
            else greatest(least(share_cents, total_cents) - refunded_cents - lost_cents, 0)
        end,
        revision = revision + 1
    where org_id = before.org_id
        and id = before.id
    returning * into item;
    perform private.post_item(before, item, 'time_sold_again', '{}');
    if private.prepaid_cents(item) > 0 then
        perform private.restore_owed_minutes(item.id, private.unreturned_cents(item) - private.card_rest_cents(item));
    end if;
    perform private.refund_due(item.id, 'The time was sold again.');
end;
$$;
