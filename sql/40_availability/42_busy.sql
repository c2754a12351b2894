-- Keeps a time of an instructor free of lessons, and returns its id; for the instructor and the organization's admins. Times with a lesson or
-- with another busy time are refused: they end first. Definer: nobody writes calendars directly.
create function private.add_busy_time(p_instructor_id uuid, p_start_at timestamptz, p_end_at timestamptz, p_note text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors := private.require_instructor_to_block(p_instructor_id);
    new_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.assert_time_is_plausible(p_start_at);
    perform private.assert_time_is_plausible(p_end_at);
    insert into public.busy_times (org_id, instructor_id, start_at, end_at, note)
    values (instructor.org_id, instructor.id, p_start_at, p_end_at, p_note)
    returning id into new_id;
    perform private.assert_busy_times_are_few(instructor.id);
    if not private.occupy_otherwise(
        instructor.org_id, coalesce(instructor.user_id, instructor.id), instructor.id, null, new_id, p_start_at, p_end_at
    ) then
        perform private.refuse_busy_instructor();
    end if;
    return new_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Returns an instructor whose calendar the caller keeps: the caller, or one of a school that the caller administers. Its row is locked,
-- because accepting an invitation would change the person.
create function private.require_instructor_to_block(p_instructor_id uuid)
    returns public.instructors
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    perform private.require_person();
    select candidate.* into instructor
    from public.instructors candidate
    where candidate.id = p_instructor_id
        and (
            candidate.id = any (private.my_instructor_ids())
            or candidate.org_id = any (private.my_admin_org_ids())
        )
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no such instructor whose calendar you keep.',
            'Check the id, and who is signed in.'
        );
    end if;
    return instructor;
end;
$$;

-- Refuses more than 366 busy times ahead of one instructor.
create function private.assert_busy_times_are_few(p_instructor_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if (
        select count(*) > 366
        from public.busy_times busy
        where busy.instructor_id = p_instructor_id
            and busy.end_at > private.clock()
    ) then
        perform private.refuse(
            'PT422', 'too_many_busy_times',
            'An instructor has at most 366 busy times ahead.',
            'Close whole dates by one exception instead.'
        );
    end if;
end;
$$;

-- Enters a time that is neither taught nor learnt by a booking into a person's calendar, for the row p_entry_id; returns whether the person
-- was free.
create function private.occupy_otherwise(
    p_org_id uuid,
    p_person_id uuid,
    p_instructor_id uuid,
    p_learner_id uuid,
    p_entry_id uuid,
    p_start_at timestamptz,
    p_end_at timestamptz
)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    busy private.person_calendar;
begin
    busy.id := gen_random_uuid();
    busy.org_id := p_org_id;
    busy.person_id := p_person_id;
    busy.instructor_id := p_instructor_id;
    busy.learner_id := p_learner_id;
    busy.entry_id := p_entry_id;
    busy.chain_id := p_entry_id;
    busy.during := tstzrange(p_start_at, p_end_at);
    busy.expires_at := 'infinity';
    return cardinality(private.occupy(array[busy])) = 1;
end;
$$;

-- Refuses a time at which the instructor has something else to do.
create function private.refuse_busy_instructor()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'instructor_busy',
        'The instructor has a lesson or is busy at that time.',
        'Cancel or move what is there first, or choose another time.'
    );
end;
$$;

-- Gives a busy time back. Definer: nobody writes calendars directly.
create function private.remove_busy_time(p_busy_time_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    busy public.busy_times;
begin
    perform private.require_person();
    delete from public.busy_times removed
    where removed.id = p_busy_time_id
        and (
            removed.instructor_id = any (private.my_instructor_ids())
            or removed.org_id = any (private.my_admin_org_ids())
        )
    returning removed.* into busy;
    if busy.id is null then
        perform private.refuse(
            'PT404', 'busy_time_not_found',
            'There is no such busy time of yours.',
            'Reload the busy times.'
        );
    end if;
    delete from private.person_calendar where org_id = busy.org_id and entry_id = busy.id;
end;
$$;
