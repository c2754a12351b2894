-- Keeps the instructor's public total of lessons, and the learner's. Definer: nobody sets them themselves.
create function private.count_lesson()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    update public.instructors set lesson_count = lesson_count + 1 where id = new.instructor_id;
    update public.learners set lesson_count = lesson_count + 1 where id = new.learner_id;
    return null;
end;
$$;
