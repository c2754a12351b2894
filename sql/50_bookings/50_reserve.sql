-- Books a published slot: the booking is held until it is paid, or confirmed at once if nothing is due.
-- Definer: learners may not write slots or bookings themselves, and the price comes from the service.
create function private.create_booking_with_payment(
    p_learner_user_id uuid,
    p_slot_id uuid,
    p_learner_id uuid,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_generic_plan
as $$
declare
    slot public.bookable_slots;
begin
    perform private.require_person();
    select * into slot
    from public.bookable_slots
    where id = p_slot_id
        and is_published;
    if not found then
        perform private.refuse(
            'PT404', 'slot_not_found',
            'This time is not offered.',
            'Refresh the calendar and choose another time.'
        );
    end if;

    return private.reserve_slot(
        slot,
        private.require_bookable_learner(p_learner_user_id, p_learner_id, slot.org_id),
        p_request
    );
end;
$$;

-- Reserves a slot for a learner, once per client key. Turns losing a race, and breaking a rule of the tables, into refusals
-- with a code. Requests and rescheduling (64) use it too.
create function private.reserve_slot(
    p_slot public.bookable_slots,
    p_learner public.learners,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.find_booking_by_client_key(
        p_learner.id, p_request.client_key, p_slot.service_id, p_slot.instructor_id, p_slot.start_at
    );
    broken_rule text;
begin
    if booking.id is not null then
        return booking;
    end if;
    if p_request.original_booking_id is null
        and (p_request.uses_credit or p_request.uses_rewards or p_request.discount_code is not null)
    then
        perform private.assert_may_spend(p_learner, p_request.uses_credit or p_request.uses_rewards);
    end if;
    perform private.assert_place_is_valid(p_request.pickup);
    perform private.assert_place_is_valid(p_request.dropoff);
    return private.hold_slot(p_slot.id, p_learner, p_request);
exception
    when exclusion_violation or deadlock_detected or serialization_failure then
        perform private.refuse_taken_slot();
        return null;
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
    when numeric_value_out_of_range then
        perform private.refuse_violation('places_are_on_earth');
        return null;
end;
$$;

-- The booking that an earlier request with the same client key made, if there is one. Refuses a key that was used for another
-- booking. It locks the learner's rows, so that the second of a double click waits here.
create function private.find_booking_by_client_key(
    p_learner_id uuid,
    p_client_key text,
    p_service_id uuid,
    p_instructor_id uuid,
    p_start_at timestamptz
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    perform private.lock_learner(p_learner_id);

    select * into booking
    from public.bookings
    where learner_id = p_learner_id
        and client_key = p_client_key;
    if found and (booking.service_id, booking.instructor_id, booking.start_at)
        is distinct from (p_service_id, p_instructor_id, p_start_at)
    then
        perform private.refuse(
            'PT409', 'client_key_reused',
            'This p_client_key was used before, for another booking.',
            'Send a new p_client_key for a new booking.'
        );
    end if;
    return booking;
end;
$$;

-- Refuses a pickup or dropoff that is not {"address": text, "lat": number, "lng": number}. Every key may be missing, but
-- coordinates come in pairs.
create function private.assert_place_is_valid(p_place jsonb)
    returns void
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not coalesce(
        case jsonb_typeof(p_place)
            when 'object' then
                p_place - '{address,lat,lng}'::text[] = '{}'
                and coalesce(jsonb_typeof(p_place -> 'address'), 'null') in ('string', 'null')
                and coalesce(private.is_visible(nullif(p_place ->> 'address', '')), true)
                and coalesce(jsonb_typeof(p_place -> 'lat'), 'null') in ('number', 'null')
                and coalesce(jsonb_typeof(p_place -> 'lng'), 'null') = coalesce(jsonb_typeof(p_place -> 'lat'), 'null')
            when 'null' then true
            else p_place is null
        end,
        true
    ) then
        perform private.refuse(
            'PT422', 'bad_place',
            'This is not a valid place for a pickup or dropoff.',
            'Send {"address": text, "lat": number, "lng": number}, or only an address, or only coordinates.'
        );
    end if;
end;
$$;

-- Refuses a time that is no longer free; wherever a race for it can be lost.
create function private.refuse_taken_slot()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'slot_taken',
        'That time has just been taken.',
        'Refresh the calendar and choose another time.'
    );
end;
$$;
