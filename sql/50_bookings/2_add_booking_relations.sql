-- A booking comes with the instructor's notes, and lets instructor and learner see each other.
-- Definer: nobody writes these tables directly.
create function private.add_booking_relations()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    insert into public.booking_notes (booking_id, org_id, instructor_id) values (new.id, new.org_id, new.instructor_id);

    insert into public.instructor_learners (org_id, instructor_id, learner_id)
    values (new.org_id, new.instructor_id, new.learner_id)
    on conflict do nothing;
    return null;
end;
$$;
