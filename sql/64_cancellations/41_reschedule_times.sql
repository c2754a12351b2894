-- The times to which a booking can be rescheduled at this instant, in UTC and local time, in pages, and what is left to pay for each.
-- The booking's own time counts as free: a replacement may overlap it. Only in groups the original ends first, so nothing more may be due.
-- For a move that waits for the learner's word, the learner's other lessons are none of the caller's business.
-- Definer: the caller may not read opening hours and calendars.
create function private.list_reschedule_times(
    p_booking_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_limit integer,
    p_after timestamptz
)
    returns table (
        start_at timestamptz, end_at timestamptz, local_start timestamp, local_end timestamp,
        time_zone text, seats_left integer, amount_cents bigint
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
    is_proposed boolean;
begin
    perform private.require_person();
    perform private.assert_time_range(p_from, p_to, 62);
    booking := private.booking_of_party(p_booking_id);
    perform private.assert_reschedulable(booking, null);
    is_proposed := not private.may_answer_for(booking.learner_id) and private.is_learner_reachable(booking.learner_id);

    return query
    with open_time as materialized (
        select
            candidate.*,
            private.minutes_between(candidate.start_at, candidate.end_at) as minutes,
            (candidate.start_at at time zone organization.time_zone)::date as priced_on,
            tstzrange(candidate.start_at, candidate.end_at) as during
        from private.open_slots(
            booking.instructor_id, booking.service_id, greatest(p_from, p_after), p_to, booking.id
        ) candidate
        join public.organizations organization on organization.id = booking.org_id
        where candidate.start_at > coalesce(p_after, '-infinity')
            and candidate.start_at <> booking.start_at
            and candidate.start_at + (booking.end_at - booking.start_at) <= private.authorized_until(booking)
    ),

    priced as materialized (
        select day.priced_on, day.minutes, private.reschedule_total(booking, day.first_at, day.minutes) as total_cents
        from (
            select open_time.priced_on, open_time.minutes, min(open_time.start_at) as first_at
            from open_time
            group by open_time.priced_on, open_time.minutes
        ) day
    ),

    beside as materialized (
        select free.start_at
        from private.open_slots(
            booking.instructor_id, booking.service_id, greatest(p_from, p_after), p_to, private.overlappable_original(booking.id)
        ) free
        where is_proposed
            or exists (select from priced where priced.total_cents > booking.total_cents)
    )

    select
        open_time.start_at,
        open_time.end_at,
        open_time.start_at at time zone open_time.time_zone,
        open_time.end_at at time zone open_time.time_zone,
        open_time.time_zone,
        open_time.seats_left,
        greatest(priced.total_cents - booking.total_cents, 0)
    from open_time
    join priced on priced.priced_on = open_time.priced_on and priced.minutes = open_time.minutes
    where priced.total_cents is not null
        and (is_proposed or not private.is_learner_busy(booking, open_time.during))
        and (
            (priced.total_cents <= booking.total_cents and not is_proposed)
            or open_time.start_at in (select beside.start_at from beside)
        )
    order by open_time.start_at
    limit private.page_size(p_limit, 500, 1000);
end;
$$;

-- What the booking's replacement would cost in all; null if it could not be paid. A lesson that is paid with prepaid hours costs what
-- it cost, as long as the hours suffice.
create function private.reschedule_total(p_booking public.bookings, p_start_at timestamptz, p_minutes integer)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    service public.services;
    instructor public.instructors;
    learner public.learners;
    more_minutes constant integer := p_minutes - private.minutes_between(p_booking.start_at, p_booking.end_at);
begin
    select * into strict service from public.services where org_id = p_booking.org_id and id = p_booking.service_id;
    select * into strict instructor from public.instructors where org_id = p_booking.org_id and id = p_booking.instructor_id;
    select * into strict learner from public.learners where org_id = p_booking.org_id and id = p_booking.learner_id;

    if private.is_moved_by_hours(p_booking, p_minutes) then
        return case
            when more_minutes <= 0
                or more_minutes <= (
                    select sum(part.minutes)
                    from private.plan_credit(
                        learner.id, instructor.id, service.id, private.is_hourly(service, p_start_at), p_booking.currency,
                        more_minutes
                    ) part
                )
                then p_booking.total_cents
        end;
    end if;

    service.duration_minutes := p_minutes;
    return (
        (
            private.price_booking(
                service, instructor, p_start_at, learner,
                row(null, null, null, null, null, false, false, p_booking.series_id, p_booking.id, null, false, false, null)::private.booking_request
            )
        ).price
    ).total_cents;
exception
    when sqlstate 'PT409' or sqlstate 'PT422' then
        return null;
end;
$$;

-- Whether the learner teaches, learns or is busy during this time, but for the booking itself.
create function private.is_learner_busy(p_booking public.bookings, p_during tstzrange)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from private.person_calendar other
        where other.person_id = p_booking.learner_person_id
            and other.during && p_during
            and other.expires_at > private.clock()
            and other.chain_id <> (
                select own.chain_id
                from private.person_calendar own
                where own.org_id = p_booking.org_id
                    and own.booking_id = p_booking.id
            )
    );
$$;

-- Until when a replacement must end: an authorization has to last until then.
create function private.authorized_until(p_booking public.bookings)
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(min(payment.authorized_at) + interval '6 days', 'infinity')
    from public.order_items item
    join public.payment_items part on part.org_id = item.org_id and part.item_id = item.id
    join public.payments payment on payment.org_id = part.org_id and payment.id = part.payment_id
    where item.org_id = p_booking.org_id
        and item.booking_id = p_booking.id
        and payment.is_accepted
        and payment.status = 'authorized';
$$;
