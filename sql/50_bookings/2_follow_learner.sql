-- When a learner gets a login, the bookings and the codes used before count for that person.
-- Definer: nobody writes bookings and redemptions directly.
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
    update public.code_redemptions
    set learner_person_id = coalesce(new.user_id, new.id)
    where learner_id = new.id;
    return null;
end;
$$;
