-- Books the same local time every so many weeks: all of the times or none, or all that are open, in one order, or in an order each if they
-- are charged one by one to the card of p_collect_from. A date on which the clocks
-- skip that time has none to book. Times are booked in order, so that two series cannot deadlock.
-- Definer: as request_booking.
create function private.request_booking_series(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_occurrences integer,
    p_every_weeks integer,
    p_mode public.series_mode,
    p_learner_user_id uuid,
    p_learner_id uuid,
    p_notes text,
    p_uses_credit boolean,
    p_collect_from uuid default null
)
    returns table (occurrence integer, start_at timestamptz, booking_id uuid, refusal text, order_id uuid)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    series public.booking_series := private.open_booking_series(
        p_instructor_id, p_service_id, p_start_at, p_occurrences, p_every_weeks, p_mode, p_learner_user_id, p_learner_id
    );
    local_start timestamp;
    refused_code text;
    series_order_id uuid;
begin
    if p_collect_from is null then
        series_order_id := private.place_series_order(series);
    end if;
    for nth in 1..p_occurrences loop
        occurrence := nth;
        local_start := p_start_at at time zone series.time_zone + make_interval(weeks => p_every_weeks * (nth - 1));
        start_at := case nth when 1 then p_start_at else local_start at time zone series.time_zone end;
        booking_id := null;
        order_id := series_order_id;
        refusal := null;
        begin
            if start_at at time zone series.time_zone <> local_start then
                perform private.refuse_taken_slot();
            end if;
            select booked.id, booked.order_id into booking_id, order_id
            from private.request_booking(
                p_instructor_id, p_service_id, start_at, null, series.learner_id,
                row(
                    p_notes, null, null, null, null, false, p_uses_credit, series.id, null, series_order_id, false, false, p_collect_from
                )::private.booking_request
            ) booked;
        exception
            when sqlstate 'PT409' or sqlstate 'PT422' then
                get stacked diagnostics refused_code = pg_exception_detail;
                refusal := refused_code::jsonb ->> 'code';
                if p_mode = 'all_or_nothing' or refusal not in (
                    'slot_taken', 'time_not_offered', 'learner_busy', 'too_short_notice', 'too_far_ahead'
                ) then
                    raise;
                end if;
        end;
        return next;
    end loop;

    if not exists (
        select
        from public.bookings booking
        where booking.org_id = series.org_id
            and booking.series_id = series.id
    ) then
        perform private.refuse_taken_slot();
    end if;
end;
$$;

-- Opens the order of a series: one payment pays for all of its lessons.
create function private.place_series_order(p_series public.booking_series)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.place_order(
        p_series.org_id, p_series.learner_id, p_series.instructor_id,
        (private.price_service(p_series.service_id, p_series.instructor_id, p_series.first_start_at)).currency,
        p_series.mode = 'all_or_nothing'
    );
$$;

-- Inserts the series that the bookings will belong to, for a learner for whom the caller may book.
create function private.open_booking_series(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_occurrences integer,
    p_every_weeks integer,
    p_mode public.series_mode,
    p_learner_user_id uuid,
    p_learner_id uuid
)
    returns public.booking_series
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    learner public.learners;
    series public.booking_series;
    instructor public.instructors := private.require_instructor_of_service(p_instructor_id, p_service_id);
    broken_rule text;
    missing_column text;
begin
    perform private.assert_time_is_plausible(p_start_at);
    learner := private.require_bookable_learner(
        case when p_learner_id is null then coalesce(p_learner_user_id, person) else p_learner_user_id end,
        p_learner_id,
        instructor.org_id
    );

    insert into public.booking_series (
        org_id, learner_id, instructor_id, service_id, first_start_at, time_zone, every_weeks, occurrences, mode
    )
    values (
        instructor.org_id, learner.id, instructor.id, p_service_id, p_start_at, instructor.time_zone,
        p_every_weeks, p_occurrences, p_mode
    )
    returning * into series;
    return series;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;
