-- All that is held about a person as one JSON document: {"person_id", "exported_at", "tables": {<schema.table>: [rows]}}; for the person, or
-- for a platform admin with a reason, which is recorded. It tells what erase_person erases, and what stays for the books.
-- Definer: reads tables of every room.
create function private.export_person(p_user_id uuid, p_reason text)
    returns jsonb
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    learner_ids uuid[];
    instructor_ids uuid[];
begin
    if p_user_id is distinct from private.require_person() then
        perform private.require_platform_admin(p_reason);
        perform private.assert_person_exists(p_user_id);
        perform private.record_decision('profiles', p_user_id::text, '{}', '{"is_exported": true}');
    end if;
    learner_ids := array(select learner.id from public.learners learner where learner.user_id = p_user_id);
    instructor_ids := array(select instructor.id from public.instructors instructor where instructor.user_id = p_user_id);
    return jsonb_build_object(
        'person_id', p_user_id,
        'exported_at', private.clock(),
        'tables', (
            select jsonb_object_agg(held.table_name, held.contents)
            from (
                select about.table_name, jsonb_agg(about.content order by about.content ->> 'created_at', about.content) as contents
                from private.rows_about_person(p_user_id, learner_ids, instructor_ids) about
                group by about.table_name
            ) held
        )
    );
end;
$$;

-- What is held about a login, and about the learners and instructors that are this person; a row that is about two of them comes once
-- from each, with what each may see.
create function private.rows_about_person(p_user_id uuid, p_learner_ids uuid[], p_instructor_ids uuid[])
    returns table (table_name text, content jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select about.table_name, about.content from private.rows_about_login(p_user_id) about
    union
    select about.table_name, about.content from private.rows_about_guardian(p_user_id) about
    union
    select about.table_name, about.content from private.rows_of_payments_made(p_user_id) about
    union
    select about.table_name, about.content from private.rows_about_learners(p_learner_ids) about
    union
    select about.table_name, about.content from private.rows_of_lessons_taken(p_learner_ids) about
    union
    select about.table_name, about.content from private.rows_of_money_spent(p_learner_ids) about
    union
    select about.table_name, about.content from private.rows_about_instructors(p_instructor_ids) about
    union
    select about.table_name, about.content from private.rows_of_lessons_given(p_instructor_ids) about
    union
    select about.table_name, about.content from private.rows_of_money_earned(p_instructor_ids) about;
end;
$$;
