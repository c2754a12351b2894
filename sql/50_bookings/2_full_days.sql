-- The local dates on which an instructor has as many lessons as the daily cap allows, in whatever organization.
create function private.full_days(p_instructor public.instructors, p_from timestamptz, p_to timestamptz)
    returns date[]
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if p_instructor.daily_cap is null then
        return '{}';
    end if;
    return array(
        select (slot.start_at at time zone p_instructor.time_zone)::date
        from private.instructor_calendar calendar
        join public.bookable_slots slot on slot.id = calendar.slot_id
        where calendar.person_id = coalesce(p_instructor.user_id, p_instructor.id)
            and calendar.during && tstzrange(p_from - interval '2 days', p_to + interval '2 days')
            and private.seats_taken(slot.id) > 0
        group by 1
        having count(*) >= p_instructor.daily_cap
    );
end;
$$;
