-- Makes the row of a series, for a learner for whom the caller may book.
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
    set search_path = ''
as $$
declare
    person uuid := private.require_person();
    learner public.learners;
    series public.booking_series;
    instructor public.instructors;
    broken_rule text;
    missing_column text;
begin
    select candidate.* into instructor
    from public.instructors candidate
    join public.services service on service.id = p_service_id and service.org_id = candidate.org_id
    where candidate.id = p_instructor_id;
    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This instructor gives no such lesson.',
            'Check the service and the instructor.'
        );
    end if;
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
