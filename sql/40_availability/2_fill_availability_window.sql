-- Fills in what follows from the instructor. Definer: the writer need not be able to read the instructor's row.
create function private.fill_availability_window()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
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
