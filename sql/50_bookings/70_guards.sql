-- Lets a booking take a seat only if its slot has one and instructor and learner are free, whoever writes the booking. Time, service
-- and instructor are copied from the slot, and a booking that returns to its slot must find them unchanged, and the date not
-- closed. The slot of a group is locked first, so that its seats are counted one learner at a time. A booking that gets another deadline,
-- or is accepted by its learner, keeps its seat, and the calendars follow.
-- Definer: the writer needs no access to slots or the calendar.
create function private.take_seat()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    slot public.bookable_slots;
    keeps_seat constant boolean := tg_op = 'UPDATE' and private.occupies_slot(old.status);
begin
    if not private.occupies_slot(new.status)
        or (
            keeps_seat
            and old.status <> 'proposed'
            and private.occupies_until(new.status, new.hold_expires_at) = private.occupies_until(old.status, old.hold_expires_at)
        )
    then
        return new;
    end if;

    select * into strict slot from public.bookable_slots where id = new.slot_id;
    if slot.max_bookings > 1 then
        select * into strict slot from public.bookable_slots where id = new.slot_id for no key update;
    end if;

    if tg_op = 'INSERT' then
        new.start_at := slot.start_at;
        new.end_at := slot.end_at;
        new.service_id := slot.service_id;
        new.instructor_id := slot.instructor_id;
        new.is_group := slot.max_bookings > 1;
    end if;

    if (new.start_at, new.end_at, new.service_id, new.instructor_id)
        <> (slot.start_at, slot.end_at, slot.service_id, slot.instructor_id)
        or (
            tg_op = 'UPDATE'
            and not keeps_seat
            and private.closed_times(slot.instructor_id, slot.start_at, slot.end_at) && tstzrange(slot.start_at, slot.end_at)
        )
    then
        perform private.refuse_taken_slot();
    end if;
    perform private.occupy_persons(new, slot, keeps_seat);
    if keeps_seat then
        return new;
    end if;
    update public.bookable_slots
    set current_bookings = current_bookings + 1
    where org_id = slot.org_id
        and id = slot.id
        and (start_at, end_at, service_id, instructor_id) = (slot.start_at, slot.end_at, slot.service_id, slot.instructor_id)
        and max_bookings = slot.max_bookings
        and current_bookings < max_bookings;
    if not found then
        perform private.refuse_taken_slot();
    end if;
    return new;
end;
$$;

create trigger take_seat
    before insert or update of status, hold_expires_at on public.bookings
    for each row execute function private.take_seat();

-- Frees the seat of a booking that ended, and the time of its persons. A slot that was withdrawn in the meantime
-- is not offered again. 82_effects calls it.
create function private.free_seat(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    seats_taken integer;
begin
    update public.bookable_slots
    set current_bookings = current_bookings - 1,
        is_published = is_published and not (is_withdrawn_when_free and current_bookings = 1),
        is_withdrawn_when_free = is_withdrawn_when_free and current_bookings > 1
    where org_id = p_booking.org_id
        and id = p_booking.slot_id
    returning current_bookings into seats_taken;

    perform private.leave_calendars(p_booking, seats_taken);
end;
$$;

-- Whether a booking in this status keeps its seat and its instructor's time. bookings.keeps_seat and seats_taken repeat the list, because
-- a call for each row would be slow.
create function private.occupies_slot(p_status public.booking_status)
    returns boolean
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_status not in ('cancelled', 'declined', 'expired');
end;
$$;

-- A booking keeps its parties, its time and its price from the moment it is made. Only learner_person_id may change, when its
-- learner gets or loses a login; and the price of what is proposed, when the learner accepts to pay it with minutes.
-- Definer: the writer may have no access to private.
create function private.forbid_repricing()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if row(
        new.id, new.org_id, new.learner_id, new.instructor_id, new.service_id, new.slot_id, new.is_group,
        new.start_at, new.end_at, new.currency, new.order_id, new.original_booking_id, new.original_total_cents,
        new.cancellation_policy_id, new.payout_hold
    ) is distinct from row(
        old.id, old.org_id, old.learner_id, old.instructor_id, old.service_id, old.slot_id, old.is_group,
        old.start_at, old.end_at, old.currency, old.order_id, old.original_booking_id, old.original_total_cents,
        old.cancellation_policy_id, old.payout_hold
    )
        or (
            (old.status, new.status) <> ('proposed', 'proposed')
            and row(
                new.price_cents, new.discount_cents, new.platform_fee_cents, new.instructor_share_cents, new.total_cents,
                new.fee_mode, new.fee_bps, new.credit_minutes, new.credit_applied_cents, new.is_fee_refundable
            ) is distinct from row(
                old.price_cents, old.discount_cents, old.platform_fee_cents, old.instructor_share_cents, old.total_cents,
                old.fee_mode, old.fee_bps, old.credit_minutes, old.credit_applied_cents, old.is_fee_refundable
            )
        )
        or (
            new.learner_person_id <> old.learner_person_id
            and new.learner_person_id is distinct from (
                select coalesce(learner.user_id, learner.id)
                from public.learners learner
                where learner.id = new.learner_id
            )
        )
    then
        perform private.refuse(
            'PT409', 'booking_is_frozen',
            'A booking keeps its parties, its time and its price.',
            'Cancel it, and make another booking.'
        );
    end if;
    return new;
end;
$$;

create trigger forbid_repricing
    before update on public.bookings
    for each row execute function private.forbid_repricing();

-- Locks the orders of bookings, then the bookings, after the replacements reserved for them. Whoever ends bookings, or changes what
-- they are paid with, calls this first, so that nobody who does the same waits for them backwards.
create function private.lock_bookings(p_booking_ids uuid[])
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.lock_orders(array(select booking.order_id from public.bookings booking where booking.id = any (p_booking_ids)));

    perform booking.id
    from public.bookings booking
    where booking.id = any (p_booking_ids)
        or booking.original_booking_id = any (p_booking_ids)
    order by booking.created_at desc, booking.id
    for no key update;
end;
$$;

-- Locks several bookings that are about to end, as lock_bookings does, then their slots and the pairs of instructor and learner: the
-- second's would otherwise be locked after the balances of the first, and somebody who ends one of them would wait backwards.
create function private.lock_endings(p_booking_ids uuid[])
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.lock_bookings(p_booking_ids);

    select slot.id
    from public.bookable_slots slot
    where slot.id in (
        select booking.slot_id
        from public.bookings booking
        where booking.id = any (p_booking_ids)
            or booking.original_booking_id = any (p_booking_ids)
    )
    order by slot.id
    for no key update;

    select pair.learner_id
    from public.instructor_learners pair
    where (pair.org_id, pair.instructor_id, pair.learner_id) in (
        select booking.org_id, booking.instructor_id, booking.learner_id
        from public.bookings booking
        where booking.id = any (p_booking_ids)
    )
    order by pair.instructor_id, pair.learner_id
    for no key update;
$$;
