-- Puts a learner on the waiting list: for whom the caller may book. Returns the entry's id.
-- Definer: nobody writes entries directly.
create function private.join_waiting_list(
    p_instructor_id uuid,
    p_service_id uuid,
    p_days integer[],
    p_from_time time,
    p_to_time time,
    p_until_date date,
    p_max_total_cents bigint,
    p_learner_id uuid
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    waited_for_org_id constant uuid := private.org_that_is_waited_for(p_instructor_id, p_service_id);
    learner public.learners;
    new_entry_id uuid;
    broken_rule text;
    missing_column text;
begin
    learner := private.require_bookable_learner(case when p_learner_id is null then person end, p_learner_id, waited_for_org_id);
    perform private.lock_learner(learner.id);
    perform private.assert_may_wait(learner.id);

    insert into public.waiting_list_entries (
        org_id, learner_id, instructor_id, service_id, days, from_time, to_time, until_date, max_total_cents
    )
    values (
        waited_for_org_id, learner.id, p_instructor_id, p_service_id, p_days, p_from_time, p_to_time, p_until_date, p_max_total_cents
    )
    returning id into new_entry_id;
    return new_entry_id;
exception
    when numeric_value_out_of_range or check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;

-- The organization of the instructor or the service that is waited for, which belong together, and can be booked by who waits.
create function private.org_that_is_waited_for(p_instructor_id uuid, p_service_id uuid)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    waited_for_org_id uuid;
begin
    select candidate.org_id into waited_for_org_id
    from (
        select instructor.org_id, instructor.id as instructor_id, service.id as service_id
        from public.instructors instructor
        join public.services service
            on service.org_id = instructor.org_id
            and coalesce(service.instructor_id, instructor.id) = instructor.id
        where instructor.is_active
            and instructor.verification_status = 'verified'
            and service.is_active
            and not service.requires_approval
    ) candidate
    where candidate.instructor_id = coalesce(p_instructor_id, candidate.instructor_id)
        and candidate.service_id = coalesce(p_service_id, candidate.service_id)
        and num_nonnulls(p_instructor_id, p_service_id) > 0
    limit 1;

    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'Nobody gives such lessons that can be booked without a request.',
            'Send an instructor, one of their services, or both.'
        );
    end if;
    return waited_for_org_id;
end;
$$;

-- Refuses a learner who waits for ten times already.
create function private.assert_may_wait(p_learner_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if (
        select count(*)
        from public.waiting_list_entries entry
        where entry.learner_id = p_learner_id
            and entry.ended_at is null
    ) >= 10 then
        perform private.refuse(
            'PT409', 'too_many_entries',
            'You are on ten waiting lists already.',
            'Leave one of them first.'
        );
    end if;
end;
$$;

-- Takes a learner off the waiting list; for the learner, guardians who may book, and admins. An offer that is open stays open.
-- Definer: nobody writes entries directly.
create function private.leave_waiting_list(p_entry_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    update public.waiting_list_entries
    set ended_at = coalesce(ended_at, private.clock())
    where id = p_entry_id
        and (
            private.may_answer_for(learner_id)
            or org_id = any (private.my_admin_org_ids())
        );
    if not found then
        perform private.refuse(
            'PT404', 'entry_not_found',
            'You are on no waiting list with this id.',
            'Reload the waiting list.'
        );
    end if;
end;
$$;
