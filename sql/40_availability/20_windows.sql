-- Fills in the organization and the time zone from the instructor where the writer left them out.
-- Definer: the writer need not be able to read the instructor's row.
create function private.fill_availability_defaults()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    select * into instructor from public.instructors where id = new.instructor_id;
    new.org_id := coalesce(new.org_id, instructor.org_id);
    new.time_zone := coalesce(new.time_zone, instructor.time_zone);
    return new;
end;
$$;

create trigger fill_availability_defaults
    before insert on public.availability_windows
    for each row execute function private.fill_availability_defaults();

create trigger fill_availability_defaults
    before insert on public.availability_exceptions
    for each row execute function private.fill_availability_defaults();

-- Refuses more than 50 windows of an instructor: listing open times reads them all. The instructor is locked, so that two writers
-- cannot add them side by side, and before any slot, as bookings under a daily cap lock the two.
-- Definer: the writer need not be able to lock the instructor.
create function private.assert_windows_are_few()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.lock_instructors(array(select changed.instructor_id from changed));
    if exists (
        select
        from public.availability_windows availability
        where availability.instructor_id in (select changed.instructor_id from changed)
        group by availability.instructor_id
        having count(*) > 50
    ) then
        perform private.refuse(
            'PT422', 'too_many_windows',
            'An instructor has at most 50 weekly windows.',
            'Delete windows that are over, or join those that touch.'
        );
    end if;
    return null;
end;
$$;

create trigger assert_windows_are_few
    after insert on public.availability_windows
    referencing new table as changed
    for each statement execute function private.assert_windows_are_few();

-- Refuses more than 366 exceptions of an instructor that are not over yet. Definer: as above.
create function private.assert_exceptions_are_few()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.lock_instructors(array(select changed.instructor_id from changed));
    if exists (
        select
        from public.availability_exceptions exception
        where exception.instructor_id in (select changed.instructor_id from changed)
            and coalesce(exception.last_date, exception.on_date) >= private.clock()::date - 1
        group by exception.instructor_id
        having count(*) > 366
    ) then
        perform private.refuse(
            'PT422', 'too_many_exceptions',
            'An instructor has at most 366 exceptions ahead.',
            'Send last_date to close or open several dates in a row by one exception.'
        );
    end if;
    return null;
end;
$$;

create trigger assert_exceptions_are_few
    after insert on public.availability_exceptions
    referencing new table as changed
    for each statement execute function private.assert_exceptions_are_few();

-- Locks instructors in the order of their ids, so that what is counted for them is counted once at a time.
create function private.lock_instructors(p_instructor_ids uuid[])
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select instructor.id
    from public.instructors instructor
    where instructor.id = any (p_instructor_ids)
    order by instructor.id
    for no key update;
$$;

-- When opening hours change, withdraws the published slots ahead for which the instructor is no longer open: any week's, after a
-- change of windows. Once a statement, however many rows it changes. Definer: slots change only through functions.
create function private.withdraw_slots_outside_windows()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    changed_instructor_id uuid;
begin
    for changed_instructor_id in
        select distinct changed.instructor_id
        from changed
        order by changed.instructor_id
    loop
        perform private.withdraw_closed_slots(changed_instructor_id, private.clock(), 'infinity');
    end loop;
    return null;
end;
$$;

create trigger withdraw_after_update
    after update on public.availability_windows
    referencing old table as changed
    for each statement execute function private.withdraw_slots_outside_windows();

create trigger withdraw_after_delete
    after delete on public.availability_windows
    referencing old table as changed
    for each statement execute function private.withdraw_slots_outside_windows();

-- The same after a change of exceptions, for their dates: in any time zone, a date lies within a day of the same date in UTC, and
-- hours that pass midnight end on the next. Definer: as above.
create function private.withdraw_slots_of_exceptions()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    dates record;
begin
    for dates in
        select
            changed.instructor_id,
            min(changed.on_date) as first_on,
            max(coalesce(changed.last_date, changed.on_date)) as last_on
        from changed
        group by changed.instructor_id
        order by changed.instructor_id
    loop
        perform private.withdraw_closed_slots(
            dates.instructor_id,
            greatest(private.clock(), (dates.first_on - 2)::timestamp at time zone 'UTC'),
            (dates.last_on + 3)::timestamp at time zone 'UTC'
        );
    end loop;
    return null;
end;
$$;

create trigger withdraw_after_insert
    after insert on public.availability_exceptions
    referencing new table as changed
    for each statement execute function private.withdraw_slots_of_exceptions();

create trigger withdraw_after_update_as_it_is
    after update on public.availability_exceptions
    referencing new table as changed
    for each statement execute function private.withdraw_slots_of_exceptions();

create trigger withdraw_after_update_as_it_was
    after update on public.availability_exceptions
    referencing old table as changed
    for each statement execute function private.withdraw_slots_of_exceptions();

create trigger withdraw_after_delete
    after delete on public.availability_exceptions
    referencing old table as changed
    for each statement execute function private.withdraw_slots_of_exceptions();

-- Withdraws the published slots of an instructor between two instants for which the instructor is not open: a free slot at once,
-- a booked one when it becomes free. Slots are locked in the order of their times, like everywhere.
create function private.withdraw_closed_slots(p_instructor_id uuid, p_from timestamptz, p_to timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    school_id constant uuid := (select instructor.org_id from public.instructors instructor where instructor.id = p_instructor_id);
    first_at timestamptz;
    last_at timestamptz;
    open_times tstzmultirange;
    stale_ids uuid[];
begin
    select min(slot.start_at), max(slot.start_at)
    into first_at, last_at
    from public.bookable_slots slot
    where slot.org_id = school_id
        and slot.instructor_id = p_instructor_id
        and slot.start_at > p_from
        and slot.start_at < p_to
        and slot.is_published;
    if first_at is null then
        return;
    end if;

    open_times := private.open_times(p_instructor_id, first_at, last_at + interval '1 day');
    stale_ids := array(
        select slot.id
        from public.bookable_slots slot
        where slot.org_id = school_id
            and slot.instructor_id = p_instructor_id
            and slot.start_at between first_at and last_at
            and slot.is_published
            and not slot.is_withdrawn_when_free
            and not open_times @> tstzrange(slot.start_at, slot.end_at)
        order by slot.start_at, slot.id
        for no key update
    );

    update public.bookable_slots slot
    set is_published = slot.current_bookings > 0,
        is_withdrawn_when_free = slot.current_bookings > 0
    where slot.id = any (stale_ids);
end;
$$;
