-- When an instructor gets a login, the calendar kept before is that person's. Definer: nobody writes the calendar directly.
create function private.follow_instructor()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    update private.instructor_calendar
    set person_id = coalesce(new.user_id, new.id)
    where instructor_id = new.id;
    return null;
end;
$$;
