-- Completes an organization's lessons that nobody has completed by the end of its grace, and returns how many: the instructor is paid, and
-- what was authorized is captured. A lesson counts as over at its scheduled end, but is held like one that is completed now. Not while
-- somebody is said not to have come, or a reported problem waits to be decided. 95_operations calls it.
create function private.complete_forgotten_lessons(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    forgotten_ids constant uuid[] := private.forgotten_booking_ids(p_org_id);
    forgotten record;
    completed integer := 0;
begin
    if cardinality(forgotten_ids) = 0 then
        return 0;
    end if;
    perform private.lock_endings(forgotten_ids);
    for forgotten in
        select booking.org_id, booking.id, booking.instructor_id, booking.learner_id, booking.start_at, booking.end_at
        from public.bookings booking
        where booking.org_id = p_org_id
            and booking.id = any (forgotten_ids)
            and booking.status in ('confirmed', 'in_progress')
        order by booking.id
    loop
        if private.has_open_claim(forgotten.id) or private.has_open_problem(forgotten.id) then
            continue;
        end if;
        insert into public.lessons (org_id, booking_id, instructor_id, learner_id, started_at, ended_at)
        values (
            forgotten.org_id, forgotten.id, forgotten.instructor_id, forgotten.learner_id, forgotten.start_at, forgotten.end_at
        )
        on conflict (org_id, booking_id) do update
            set ended_at = excluded.ended_at;
        update public.bookings set status = 'completed' where id = forgotten.id;
        completed := completed + 1;
    end loop;
    return completed;
end;
$$;

-- Whether a problem with a lesson waits to be decided, or for a refund that was decided.
create function private.has_open_problem(p_booking_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.problem_reports report
        where report.booking_id = p_booking_id
            and (report.resolved_at is null or report.awaits_refund)
    );
$$;

-- The lessons of an organization whose grace is over, the longest forgotten first.
create function private.forgotten_booking_ids(p_org_id uuid)
    returns uuid[]
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return array(
        select given.booking_id
        from private.open_bookings given
        join public.organizations organization on organization.id = given.org_id
        where given.org_id = p_org_id
            and given.hold_expires_at is null
            and given.end_at <= private.clock() - organization.completion_grace
            and not private.has_open_claim(given.booking_id)
            and not private.has_open_problem(given.booking_id)
        order by given.end_at
        limit 1000
    );
end;
$$;
