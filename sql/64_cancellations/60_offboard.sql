-- Removes an instructor from the marketplace or the school; an admin of the organization calls it. Nothing new can be booked, lessons
-- ahead are cancelled with full refunds, learners' unused minutes are refunded, and the instructor is no member any more. Returns each
-- refunded credit lot.
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
    credit public.learner_credits;
    payment public.payments;
begin
    perform private.require_person();
    update public.instructors
    set is_active = false
    where id = p_instructor_id
        and org_id = any (private.my_admin_org_ids())
    returning * into instructor;
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor.',
            'Check the id.'
        );
    end if;

    perform private.lock_offboarded(instructor);
    for ahead in
        select booking.id
        from public.bookings booking
        where booking.org_id = instructor.org_id
            and booking.instructor_id = instructor.id
            and booking.status in ('proposed', 'held', 'requested', 'confirmed')
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
        join public.payments paid
            on paid.org_id = lot.org_id
            and paid.credit_id = lot.id
            and paid.is_accepted
            and not paid.is_disputed
        where lot.org_id = instructor.org_id
            and lot.instructor_id = instructor.id
            and lot.status = 'active'
            and lot.minutes_left > 0
        order by paid.id
        for no key update of paid
    loop
        select * into strict credit
        from public.learner_credits
        where org_id = payment.org_id
            and id = payment.credit_id
        for no key update;
        continue when credit.status <> 'active' or credit.minutes_left = 0;
        return query
        select credit.id, credit.learner_id, made.minutes, made.amount_cents, credit.currency, made.refund_id
        from private.refund_lot(payment, credit, null, 'The instructor has left.', null) made;
    end loop;

    delete from public.organization_members
    where org_id = instructor.org_id
        and user_id = instructor.user_id
        and role = 'instructor';
end;
$$;

-- Locks the bookings that offboarding cancels, then the payments of the credit lots that it refunds: all of them before the first slot
-- or lot, because a cancellation locks its booking before the slot, and a refund of a lot locks the payment before the lot.
create function private.lock_offboarded(p_instructor public.instructors)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.lock_bookings(
        array(
            select booking.id
            from public.bookings booking
            where booking.org_id = p_instructor.org_id
                and booking.instructor_id = p_instructor.id
                and booking.status in ('proposed', 'held', 'requested', 'confirmed')
        )
    );
    perform
    from public.learner_credits lot
    join public.payments paid
        on paid.org_id = lot.org_id
        and paid.credit_id = lot.id
        and paid.is_accepted
    where lot.org_id = p_instructor.org_id
        and lot.instructor_id = p_instructor.id
        and lot.status = 'active'
    order by paid.id
    for no key update of paid;
end;
$$;
