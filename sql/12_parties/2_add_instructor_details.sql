-- Every instructor has a private half. Definer: the writer of one table need not be a writer of the other.
create function private.add_instructor_details()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    insert into public.instructor_details (instructor_id, org_id) values (new.id, new.org_id);
    return null;
end;
$$;
