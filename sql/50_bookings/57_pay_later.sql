-- Lessons of a series can be paid one by one: each is held, and charged to a saved card two days before it (75_billing/25_collect.sql), so that
-- twelve weeks are not paid at once. Until then nothing is paid, so moving or cancelling one costs nothing. A lesson that begins sooner is paid
-- in the checkout, as any other.

-- Whether a lesson that begins at this time is charged to the saved card that the request names.
create function private.is_paid_later(p_request private.booking_request, p_start_at timestamptz)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_request.collect_from is not null and private.collect_at(p_start_at) > private.clock();
end;
$$;

-- When the card is charged for a lesson: two days before, so that a day is left to try again, and most of another to sell the time to others.
create function private.collect_at(p_start_at timestamptz)
    returns timestamptz
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return p_start_at - interval '48 hours';

-- Until when a lesson is held that is charged later. What the card did not pay, its owner can pay in the meantime.
create function private.held_for_collection_until(p_start_at timestamptz)
    returns timestamptz
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return p_start_at - interval '12 hours';

-- Refuses a person who has as many lessons ahead in the organization that are charged later as it allows. They count apart from the holds of
-- assert_may_hold, of which each lasts minutes. What a person does elsewhere counts nowhere here: each time is in their calendar once.
create function private.assert_may_pay_later(p_learner_person_id uuid, p_organization public.organizations)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_organization.max_lessons_paid_later = 0 then
        perform private.refuse(
            'PT409', 'not_paid_later',
            'Lessons are paid here when they are booked.',
            'Book the series with request_booking_series.'
        );
    end if;
    if (
        select count(*)
        from public.bookings booking
        where booking.org_id = p_organization.id
            and booking.learner_person_id = p_learner_person_id
            and booking.status in ('held', 'requested')
            and booking.is_collected_later
            and booking.hold_expires_at > private.clock()
    ) >= p_organization.max_lessons_paid_later then
        perform private.refuse(
            'PT409', 'too_many_lessons_paid_later',
            format('At most %s lessons ahead can be paid later.', p_organization.max_lessons_paid_later),
            'Book fewer at once, or pay for them when you book them.'
        );
    end if;
end;
$$;

-- Refuses a learner of whose lessons one could not be charged later within the last 30 days, and a payer whose card it was, whoever the
-- lesson was for. Each organization has its own experience: what happened at another counts there.
create function private.assert_has_paid_later(p_learner_person_id uuid, p_payer_id uuid, p_org_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select
        from public.bookings booking
        where (booking.learner_person_id = p_learner_person_id or booking.collect_from = p_payer_id)
            and booking.org_id = p_org_id
            and booking.given_up_at > private.clock() - interval '30 days'
            and booking.is_collected_later
    ) then
        perform private.refuse(
            'PT409', 'lesson_was_not_paid',
            'A lesson that was to be paid later was not paid within the last 30 days.',
            'Pay for lessons when you book them.'
        );
    end if;
end;
$$;

-- Whose card pays for a lesson later, as long as they are the learner or a guardian who may pay; null: nobody any more.
create function private.payer_of_collection(p_booking public.bookings)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select p_booking.collect_from
        from public.learners learner
        where learner.org_id = p_booking.org_id
            and learner.id = p_booking.learner_id
            and (learner.user_id = p_booking.collect_from or learner.id = any (private.ward_ids(p_booking.collect_from, 'pay')))
    );
end;
$$;

-- Cancels what a learner who has left an organization, or was removed, would be charged for there: nothing of it is paid. What is paid stays as
-- it is. Who leaves between two tries has given the lesson up. 82_effects calls it.
create function private.cancel_unpaid_of_former_learner(p_membership public.organization_members)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    ids constant uuid[] := array(
        select booking.id
        from public.learners learner
        join public.bookings booking on booking.org_id = learner.org_id and booking.learner_id = learner.id
        where learner.org_id = p_membership.org_id
            and learner.user_id = p_membership.user_id
            and booking.status in ('held', 'requested')
            and booking.is_collected_later
        order by booking.id
    );
begin
    perform private.lock_endings(ids);
    update public.bookings
    set status = 'cancelled',
        cancelled_by = case when private.my_user_id() = p_membership.user_id then 'learner' else 'system' end::public.booking_party,
        cancelled_at = private.clock(),
        cancellation_reason = 'The learner has left.'
    where id = any (ids)
        and status in ('held', 'requested');
end;
$$;

-- Whether a lesson can still be given: its instructor can be booked.
create function private.can_be_given(p_booking public.bookings)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from public.instructors instructor
        where instructor.org_id = p_booking.org_id
            and instructor.id = p_booking.instructor_id
            and private.is_bookable_instructor(instructor)
    );
end;
$$;

-- Ends the plan to charge a card for a lesson that is paid or has ended. Definer: as the other guards.
create function private.end_collection()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    new.collect_at := null;
    return new;
end;
$$;

create trigger end_collection
    before update of status on public.bookings
    for each row
    when (new.collect_at is not null and new.status not in ('requested', 'held'))
    execute function private.end_collection();

-- Moves a lesson whose card is not charged yet: it is booked anew at the other time, charged two days before that, or if that is sooner paid
-- in the checkout. Rescheduling (64) calls it.
create function private.move_unpaid(
    p_booking public.bookings,
    p_party public.booking_party,
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz,
    p_client_key text
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    learner public.learners;
begin
    select * into strict learner from public.learners where org_id = p_booking.org_id and id = p_booking.learner_id;
    perform private.lock_learner(learner.id);
    update public.bookings
    set status = 'cancelled',
        cancelled_by = p_party,
        cancelled_at = private.clock(),
        cancellation_reason = 'Moved to another time.'
    where org_id = p_booking.org_id
        and id = p_booking.id;
    return private.reserve_slot(
        private.ensure_slot(p_service, p_instructor, p_start_at, null),
        learner,
        row(
            p_booking.learner_notes, p_client_key,
            private.place_of(p_booking.pickup_address, p_booking.pickup_lat, p_booking.pickup_lng),
            private.place_of(p_booking.dropoff_address, p_booking.dropoff_lat, p_booking.dropoff_lng),
            null, false, false, p_booking.series_id, null, null, false, false, p_booking.collect_from
        )::private.booking_request
    );
end;
$$;

-- A place as a request names it.
create function private.place_of(p_address text, p_lat numeric, p_lng numeric)
    returns jsonb
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return jsonb_strip_nulls(jsonb_build_object('address', p_address, 'lat', p_lat, 'lng', p_lng));
