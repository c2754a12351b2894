-- Removes an instructor from the marketplace or the school; an admin of the organization calls it. Nothing new can be booked, lessons
-- ahead are cancelled with full refunds, learners' unused minutes are refunded, and the instructor is no member any more. What has begun is
-- completed or claimed as any lesson. Returns each refunded credit lot.
-- Definer: it changes instructors, bookings, credits and refunds, which the caller may not write.
create function private.offboard_instructor(p_instructor_id uuid, p_reason text)
    returns table (credit_id uuid, learner_id uuid, minutes integer, amount_cents bigint, currency text, refund_id uuid)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
    ahead record;
    payment public.payments;
begin
    perform private.require_person();
    select * into instructor
    from public.instructors known
    where known.id = p_instructor_id
        and known.org_id = any (private.my_admin_org_ids());
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor.',
            'Check the id.'
        );
    end if;

    perform private.lock_offboarded(instructor);
    update public.instructors
    set is_active = false
    where org_id = instructor.org_id
        and id = instructor.id;
    for ahead in
        select booking.id
        from public.bookings booking
        where booking.org_id = instructor.org_id
            and booking.instructor_id = instructor.id
            and booking.status in ('proposed', 'held', 'requested', 'confirmed')
            and booking.start_at > private.clock()
        order by booking.original_booking_id nulls last, booking.id
    loop
        perform private.require_party(ahead.id);
        update public.bookings
        set status = 'cancelled',
            cancelled_by = 'system',
            cancelled_at = private.clock(),
            cancellation_reason = left(p_reason, 2000)
        where id = ahead.id
            and status in ('proposed', 'held', 'requested', 'confirmed');
    end loop;

    for payment in
        select paid.*
        from public.learner_credits lot
        join public.order_items item on item.org_id = lot.org_id and item.credit_id = lot.id
        join public.payment_items part on part.org_id = item.org_id and part.item_id = item.id
        join public.payments paid on paid.org_id = part.org_id and paid.id = part.payment_id and paid.is_accepted
        where lot.org_id = instructor.org_id
            and lot.instructor_id = instructor.id
        order by paid.id
    loop
        return query
        select lot.credit_id, lot.learner_id, lot.minutes, lot.amount_cents, lot.currency, lot.refund_id
        from private.refund_left_hours(payment) lot;
    end loop;

    delete from public.organization_members
    where org_id = instructor.org_id
        and user_id = instructor.user_id
        and role = 'instructor';
end;
$$;

-- Locks what offboarding changes: the orders of the bookings that it cancels and of the hours that it refunds, the bookings, the
-- instructor, then what ends with the bookings, and the hours.
create function private.lock_offboarded(p_instructor public.instructors)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    ids uuid[] := array(
        select booking.id
        from public.bookings booking
        where booking.org_id = p_instructor.org_id
            and booking.instructor_id = p_instructor.id
            and booking.status in ('proposed', 'held', 'requested', 'confirmed')
            and booking.start_at > private.clock()
    );
begin
    perform private.lock_orders(
        array(
            select booking.order_id from public.bookings booking where booking.id = any (ids)
            union
            select item.order_id
            from public.learner_credits lot
            join public.order_items item on item.org_id = lot.org_id and item.credit_id = lot.id
            where lot.org_id = p_instructor.org_id
                and lot.instructor_id = p_instructor.id
        )
    );
    perform private.lock_bookings(ids);
    perform private.lock_instructors(array[p_instructor.id]);
    perform private.lock_endings(ids);
    perform
    from public.learner_credits lot
    where lot.org_id = p_instructor.org_id
        and lot.instructor_id = p_instructor.id
    order by lot.id
    for no key update;
end;
$$;

-- Refunds what is left of the hours that a payment has paid for and that nobody is to give any more: their instructor has left, or their order
-- was withdrawn from. While the payment is disputed it waits. 82_effects calls it when the payment arrives, its dispute has ended, or a lost
-- one has given minutes back.
create function private.refund_left_hours(p_payment public.payments)
    returns table (credit_id uuid, learner_id uuid, minutes integer, amount_cents bigint, currency text, refund_id uuid)
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    left_over record;
begin
    for left_over in
        select
            lot as credit,
            case when instructor.is_active then 'The contract was withdrawn from.' else 'The instructor has left.' end as reason
        from public.order_items item
        join public.learner_credits lot on lot.org_id = item.org_id and lot.id = item.credit_id
        join public.instructors instructor on instructor.org_id = lot.org_id and instructor.id = lot.instructor_id
        where item.org_id = p_payment.org_id
            and item.order_id = p_payment.order_id
            and lot.status = 'active'
            and lot.minutes_left > 0
            and not p_payment.is_disputed
            and (
                not instructor.is_active
                or exists (
                    select
                    from public.order_withdrawals withdrawal
                    where withdrawal.org_id = item.org_id
                        and withdrawal.order_id = item.order_id
                )
            )
        for no key update of lot
    loop
        return query
        select
            (left_over.credit).id, (left_over.credit).learner_id, made.minutes, made.amount_cents, (left_over.credit).currency, made.refund_id
        from private.refund_lot(p_payment, left_over.credit, null, left_over.reason, null, true) made;
    end loop;
end;
$$;
