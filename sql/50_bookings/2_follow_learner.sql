-- When a learner gets a login, the bookings made before count for that person. Definer: nobody writes bookings directly.
create function private.follow_learner()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    update public.bookings
    set learner_person_id = coalesce(new.user_id, new.id)
    where learner_id = new.id;
    return null;
end;
$$;
