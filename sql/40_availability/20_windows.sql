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

-- When opening hours change, withdraws the published future slots for which the instructor is no longer open. A free slot is
-- withdrawn at once, a booked one when it becomes free. Slots are locked in the order of their times, like everywhere.
-- Definer: slots change only through functions.
create function private.withdraw_stale_slots()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    changed_instructor_id uuid := case tg_op when 'DELETE' then old.instructor_id else new.instructor_id end;
    first_at timestamptz;
    last_at timestamptz;
begin
    select min(slot.start_at), max(slot.start_at)
    into first_at, last_at
    from public.bookable_slots slot
    where slot.instructor_id = changed_instructor_id
        and slot.start_at > private.clock()
        and slot.is_published;

    perform
    from public.bookable_slots slot
    where slot.instructor_id = changed_instructor_id
        and slot.start_at between first_at and last_at
        and slot.is_published
    order by slot.start_at, slot.id
    for no key update;

    with opening as materialized (
        select hours.opens_at, hours.closes_at
        from private.opening_hours(changed_instructor_id, first_at, last_at) hours
    )

    update public.bookable_slots slot
    set is_published = slot.current_bookings > 0,
        is_withdrawn_when_free = slot.current_bookings > 0
    where slot.instructor_id = changed_instructor_id
        and slot.start_at between first_at and last_at
        and slot.is_published
        and not slot.is_withdrawn_when_free
        and (
            (select private.closed_times(changed_instructor_id, first_at, last_at)) && tstzrange(slot.start_at, slot.end_at)
            or not exists (
                select
                from opening
                where opening.opens_at <= slot.start_at
                    and opening.closes_at >= slot.end_at
            )
        );
    return null;
end;
$$;

create trigger withdraw_stale_slots
    after update or delete on public.availability_windows
    for each row execute function private.withdraw_stale_slots();

create trigger withdraw_stale_slots
    after insert or update or delete on public.availability_exceptions
    for each row execute function private.withdraw_stale_slots();
