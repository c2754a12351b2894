-- The instructors that the caller, or a ward of the caller, has booked and the learners who have booked the caller, in one array of ids.
-- Definer: used by policies of the tables it reads.
create function private.my_contact_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return array(
        select pair.instructor_id
        from public.instructor_learners pair
        where pair.learner_id = any (private.my_family_ids())
        union all
        select pair.learner_id
        from public.instructor_learners pair
        where pair.instructor_id = any (private.my_instructor_ids())
    );
end;
$$;
