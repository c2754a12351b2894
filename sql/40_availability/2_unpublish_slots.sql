-- Withdraws free slots. Definer: slots change only through functions.
create function private.unpublish_slots(
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_instructor_id uuid
)
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    instructor public.instructors := private.require_service_to_publish(p_service_id, p_instructor_id);
    withdrawn integer;
begin
    perform private.check_time_range(p_from, p_to, 400);

    update public.bookable_slots
    set is_published = false
    where service_id = p_service_id
        and instructor_id = instructor.id
        and is_published
        and current_bookings = 0
        and start_at >= greatest(p_from, private.clock())
        and start_at < p_to;

    get diagnostics withdrawn = row_count;
    return withdrawn;
end;
$$;
