-- A lesson ahead that was booked elsewhere: paid with the hours that the school owes, or to the school or the instructor. It need not lie in
-- opening hours, and no notice is asked; but nobody is in two places, as in every calendar. Nobody is told: they know.
create function private.import_booking(p_org_id uuid, p_cells jsonb)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    learner constant public.learners := private.learner_of_line(p_org_id, p_cells);
    instructor constant public.instructors := private.instructor_of_line(p_org_id, p_cells);
    service public.services := private.service_of_line(instructor, p_cells);
    start_at constant timestamptz := private.start_of_line(p_org_id, p_cells);
    organization public.organizations;
    slot public.bookable_slots;
    booking public.bookings;
    request private.booking_request;
    terms private.booking_terms;
begin
    perform private.assert_payment_of_line(p_cells);
    perform private.lock_learner(learner.id);
    select * into strict organization from public.organizations where id = p_org_id;
    slot := private.slot_of_import(service, instructor, start_at);
    service.duration_minutes := private.minutes_between(slot.start_at, slot.end_at);
    service.requires_approval := false;
    request.uses_credit := p_cells ->> 'payment' = 'hours';
    request.pickup := case when p_cells ->> 'pickup' is not null then jsonb_build_object('address', p_cells ->> 'pickup') end;
    perform private.assert_place_is_valid(request.pickup);

    terms := private.price_booking(service, instructor, slot.start_at, learner, request);
    booking := private.add_booking(
        slot, service, organization, learner, coalesce(learner.user_id, learner.id), terms, request, false
    );
    if booking.credit_minutes > 0 then
        perform private.reserve_credit(booking, service);
    end if;
    perform private.add_booking_item(booking);
    perform private.pay_imported_booking(booking, p_cells ->> 'payment');
    perform private.drop_message(told, 'imported')
    from public.messages told
    where told.org_id = booking.org_id
        and told.related_type = 'bookings'
        and told.related_id = booking.id
        and told.status = 'queued';
    return booking.id;
end;
$$;

create function private.assert_payment_of_line(p_cells jsonb)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if coalesce(p_cells ->> 'payment' not in ('hours', 'cash', 'bank_transfer', 'other'), true) then
        perform private.refuse_cell('payment', 'Say how the lesson is paid: hours, cash, bank_transfer or other.');
    end if;
end;
$$;

-- When a line's lesson begins: with an offset, or in the school's time zone.
create function private.start_of_line(p_org_id uuid, p_cells jsonb)
    returns timestamptz
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    written constant text := p_cells ->> 'start_at';
    start_at timestamptz;
begin
    if written is null or written !~ '^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d(:?\d\d)?)?$' or not pg_input_is_valid(written, 'timestamptz')
    then
        perform private.refuse_cell('start_at', 'That is no time. Write it as 2026-01-30 14:00, in the school''s time zone, or with an offset.');
    end if;
    if written ~ ':\d\d(Z|[+-]\d\d(:?\d\d)?)$' then
        start_at := written::timestamptz;
    else
        start_at := private.as_instant(written::timestamp, organization.time_zone)
        from public.organizations organization
        where organization.id = p_org_id;
    end if;
    if start_at <= private.clock() then
        perform private.refuse_cell('start_at', 'This lesson has begun. Import only lessons ahead.');
    end if;
    if start_at > private.clock() + interval '2 years' then
        perform private.refuse_cell('start_at', 'Nobody books a lesson more than two years ahead. Is the year right?');
    end if;
    return start_at;
end;
$$;

-- The time of an imported lesson, which is not offered to others.
create function private.slot_of_import(p_service public.services, p_instructor public.instructors, p_start_at timestamptz)
    returns public.bookable_slots
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    slot public.bookable_slots;
begin
    insert into public.bookable_slots (org_id, service_id, instructor_id, start_at, end_at, max_bookings, is_published)
    values (
        p_service.org_id, p_service.id, p_instructor.id, p_start_at, p_start_at + make_interval(mins => p_service.duration_minutes),
        p_service.max_participants, false
    )
    on conflict (org_id, instructor_id, service_id, start_at) do nothing;
    select * into strict slot
    from public.bookable_slots known
    where known.org_id = p_service.org_id
        and known.instructor_id = p_instructor.id
        and known.service_id = p_service.id
        and known.start_at = p_start_at;
    return slot;
end;
$$;

-- Confirms an imported booking: hours pay for it, or it was paid outside, as record_payment_outside records it.
create function private.pay_imported_booking(p_booking public.bookings, p_payment text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item public.order_items;
begin
    if p_booking.due_cents > 0 then
        select * into strict item
        from public.order_items ordered
        where ordered.org_id = p_booking.org_id and ordered.booking_id = p_booking.id;
        insert into public.outside_payments (org_id, item_id, learner_id, instructor_id, method, currency, amount_cents)
        values (
            item.org_id, item.id, item.learner_id, item.instructor_id, p_payment::public.outside_payment_method, item.currency,
            p_booking.due_cents
        );
    end if;
    if not private.confirm_paid_booking(p_booking.id) then
        perform private.refuse_taken_slot();
    end if;
    if p_booking.due_cents > 0 then
        perform private.pay_item_outside(item.org_id, item.id);
    end if;
end;
$$;
