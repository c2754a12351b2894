-- Is this time of a service listed as open at this instant?
create function private.is_slot_open(p_instructor_id uuid, p_service_id uuid, p_start_at timestamptz)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return exists (
        select
        from private.open_slots(p_instructor_id, p_service_id, p_start_at, p_start_at + interval '1 microsecond')
    );
end;
$$;
