-- Cancels an instructor's lessons of a date and closes it, for an instructor who is ill: every learner is refunded in full, told, and
-- offered the next open time. The instructor or an admin calls it; calling it again cancels what was booked at the same moment.
-- Definer: it changes bookings, hours and alerts, which the caller may not write.
create function private.cancel_day(p_instructor_id uuid, p_on date, p_reason text)
    returns table (
        booking_id uuid, learner_id uuid, start_at timestamptz,
        refund_cents bigint, restored_minutes integer, currency text, next_start_at timestamptz
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors := private.require_instructor_for_day(p_instructor_id);
    ids uuid[];
    cancelled record;
    broken_rule text;
    missing_column text;
begin
    if p_on not between date '2000-01-01' and date '2100-01-01' then
        perform private.refuse_violation('date_is_plausible');
    end if;

    ids := array(
        select booking.id
        from public.bookings booking
        where booking.org_id = instructor.org_id
            and booking.instructor_id = instructor.id
            and booking.status in ('proposed', 'held', 'requested', 'confirmed')
            and booking.start_at > private.clock()
            and booking.start_at >= private.as_instant(p_on::timestamp, instructor.time_zone)
            and booking.start_at < private.as_instant((p_on + 1)::timestamp, instructor.time_zone)
    );
    perform private.lock_bookings(ids);
    insert into public.availability_exceptions (org_id, instructor_id, on_date, is_available, time_zone, note)
    values (instructor.org_id, instructor.id, p_on, false, instructor.time_zone, left(p_reason, 1000))
    on conflict do nothing;
    perform private.lock_endings(ids);
    perform private.cancel_locked(
        ids,
        case when instructor.id = any (private.my_instructor_ids()) then 'instructor' else 'admin' end::public.booking_party,
        p_reason
    );

    for cancelled in
        select booking.*, private.next_open_at(booking) as next_at
        from public.bookings booking
        where booking.id = any (ids)
            and booking.status = 'cancelled'
        order by booking.start_at, booking.id
    loop
        perform private.tell_of_cancelled_day(cancelled.id, instructor, cancelled.next_at);
        booking_id := cancelled.id;
        learner_id := cancelled.learner_id;
        start_at := cancelled.start_at;
        refund_cents := cancelled.cancellation_refund_cents;
        restored_minutes := cancelled.restored_minutes;
        currency := cancelled.currency;
        next_start_at := cancelled.next_at;
        return next;
    end loop;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;

-- Returns the instructor if it is the caller, or one of a school that the caller administers.
create function private.require_instructor_for_day(p_instructor_id uuid)
    returns public.instructors
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    perform private.require_person();
    select * into instructor
    from public.instructors candidate
    where candidate.id = p_instructor_id
        and (candidate.id = any (private.my_instructor_ids()) or candidate.org_id = any (private.my_admin_org_ids()));
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'You are not this instructor, nor an admin of their school.',
            'Check the id, and that you are signed in as the right person.'
        );
    end if;
    return instructor;
end;
$$;

-- The first time within four weeks at which the same instructor gives the same lesson; null if there is none.
create function private.next_open_at(p_booking public.bookings)
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select min(open_time.start_at)
    from private.open_slots(
        p_booking.instructor_id, p_booking.service_id, p_booking.start_at, p_booking.start_at + interval '28 days'
    ) open_time;
$$;

-- Tells the learner, their guardians and the organization's admins that a lesson does not take place.
create function private.tell_of_cancelled_day(
    p_booking_id uuid,
    p_instructor public.instructors,
    p_next_at timestamptz
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.raise_alert(
        booking.org_id, null, 'lesson_cancelled',
        format(
            'The lesson with %s on %s is cancelled. What was paid comes back in full.%s',
            left(p_instructor.display_name, 200),
            to_char(booking.start_at at time zone p_instructor.time_zone, 'FMDay FMDD FMMonth YYYY, HH24:MI'),
            to_char(p_next_at at time zone p_instructor.time_zone, '" The next open time is "FMDay FMDD FMMonth YYYY, HH24:MI"."')
        ),
        'bookings', booking.id, format('booking:%s:day_cancelled', booking.id), booking.learner_id
    )
    from public.bookings booking
    where booking.id = p_booking_id;
$$;
