-- Records that a lesson that waits for its payment was paid in cash or by bank transfer, and confirms it: for its instructor and the school's
-- admins, and for platform admins with a reason. Recording it again has no effect. The payment by card that is open for it is cancelled;
-- should that succeed nevertheless, it is refunded.
-- Definer: bookings and their money change only through functions.
create function private.record_payment_outside(p_booking_id uuid, p_method public.outside_payment_method, p_reason text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_booking_to_settle(p_booking_id, p_reason);
    item public.order_items := private.item_to_pay(booking);
    outside_payment_id uuid;
begin
    if item.is_paid_outside and item.booking_id = booking.id then
        return paid.id from public.outside_payments paid where paid.org_id = item.org_id and paid.item_id = item.id;
    end if;
    perform private.assert_payable_outside(booking, item, p_method);

    insert into public.outside_payments as paid (
        org_id, item_id, learner_id, instructor_id, method, currency, amount_cents, recorded_by
    )
    values (
        item.org_id, item.id, item.learner_id, item.instructor_id, p_method, item.currency, booking.due_cents, private.my_user_id()
    )
    on conflict (org_id, item_id) do update
        set amount_cents = paid.amount_cents + excluded.amount_cents,
            method = excluded.method,
            recorded_by = excluded.recorded_by
    returning paid.id into outside_payment_id;
    if not private.confirm_paid_booking(booking.id) then
        perform private.refuse_taken_slot();
    end if;
    perform private.pay_item_outside(item.org_id, item.id);
    perform private.cancel_open_payment(booking.order_id);
    return outside_payment_id;
end;
$$;

-- Returns the booking, locked, if the caller may say that it was paid: its instructor, and admins of the school or the platform, but
-- nobody for themselves or a learner in their care.
create function private.require_booking_to_settle(p_booking_id uuid, p_reason text)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    booking public.bookings := private.require_taught_booking(p_booking_id);
begin
    if booking.learner_id = any (
        private.my_family_ids() || private.ward_ids(person, 'book') || private.ward_ids(person, 'pay')
    ) then
        perform private.refuse(
            '42501', 'own_payment',
            'Nobody can record the payment of their own lesson, or of a learner in their care.',
            'Ask the instructor, or another admin of the school.'
        );
    end if;
    if not (
        booking.instructor_id = any (private.my_instructor_ids())
        or exists (
            select
            from public.organization_members member
            where member.org_id = booking.org_id
                and member.user_id = person
        )
    ) then
        perform private.require_platform_admin(p_reason);
    end if;
    return booking;
end;
$$;

-- The item that a payment of a booking pays: its own, or of a dearer replacement the original's, until it is confirmed.
create function private.item_to_pay(p_booking public.bookings)
    returns public.order_items
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item public.order_items;
begin
    select ordered.* into strict item
    from public.order_items ordered
    where ordered.org_id = p_booking.org_id
        and ordered.booking_id in (p_booking.id, p_booking.original_booking_id)
    for no key update;
    return item;
end;
$$;

-- Refuses a lesson that does not wait for its payment, or whose price the platform or prepaid hours pay in part: a lesson is paid wholly
-- through the platform, or wholly outside.
create function private.assert_payable_outside(
    p_booking public.bookings, p_item public.order_items, p_method public.outside_payment_method
)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_method is null then
        perform private.refuse(
            'PT422', 'unknown_method',
            'Say how the lesson was paid.',
            'Send cash, bank_transfer or other.'
        );
    end if;
    if p_booking.status <> 'held' or p_booking.hold_expires_at <= private.clock() then
        perform private.assert_order_is_payable(p_booking.order_id, p_booking.id);
    end if;
    if p_booking.discount_cents > 0
        or p_booking.credit_minutes > 0
        or (p_booking.original_booking_id is not null and not p_item.is_paid_outside)
    then
        perform private.refuse(
            'PT409', 'not_payable_outside',
            'A lesson with a code, with rewards or prepaid hours, or that was paid by card before, is paid through the platform.',
            'Let the learner pay by card; or cancel it, and book it anew without these.'
        );
    end if;
end;
$$;

-- Counts an item as paid outside, and posts the fee that its instructor owes for it. Of a replacement that was posted when it was moved.
create function private.pay_item_outside(p_org_id uuid, p_item_id uuid)
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
    select * into strict before from public.order_items where org_id = p_org_id and id = p_item_id for no key update;
    update public.order_items
    set is_paid = true,
        is_paid_outside = true,
        revision = revision + 1
    where org_id = before.org_id
        and id = before.id
        and not is_paid
    returning * into item;
    if found then
        perform private.post_item(before, item, 'paid_outside', '{}');
    end if;
end;
$$;
