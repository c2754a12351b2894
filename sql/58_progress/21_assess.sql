-- Notes how well a learner did at a lesson that has begun, and returns how many skills were noted; for its instructor and the
-- organization's admins. The same lesson and skill again replaces what was noted.
-- Definer: nobody writes assessments directly.
create function private.assess_skills(p_booking_id uuid, p_levels jsonb)
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_taught_booking(p_booking_id);
    lesson public.lessons;
    noted integer;
    broken_rule text;
    missing_column text;
begin
    select * into lesson from public.lessons where org_id = booking.org_id and booking_id = booking.id;
    if not found then
        perform private.refuse_lesson_that_did_not_begin();
    end if;
    perform private.assert_levels_are_of_skills(booking.org_id, p_levels);

    insert into public.skill_assessments as known (org_id, lesson_id, skill_id, instructor_id, learner_id, level, note)
    select
        lesson.org_id, lesson.id, skill.id, lesson.instructor_id, lesson.learner_id,
        (given.assessed ->> 'level')::smallint, nullif(given.assessed ->> 'note', '')
    from jsonb_array_elements(p_levels) given (assessed)
    join public.skills skill on skill.org_id = lesson.org_id and skill.id = private.uuid_or_null(given.assessed ->> 'skill_id')
    on conflict (org_id, lesson_id, skill_id) do update
        set level = excluded.level,
            note = excluded.note
        where (known.level, known.note) is distinct from (excluded.level, excluded.note);
    return jsonb_array_length(p_levels);
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;

-- Refuses what is no list of levels, each of another active skill of the organization.
create function private.assert_levels_are_of_skills(p_org_id uuid, p_levels jsonb)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    is_list constant boolean := coalesce(jsonb_typeof(p_levels) = 'array', false);
begin
    if not is_list
        or jsonb_array_length(p_levels) > 200
        or p_levels @? 'strict $[*] ? (@.type() <> "object")'
        or (
            select
                count(*) <> count(distinct skill.id)
                or not coalesce(bool_and(coalesce(given.assessed ->> 'level', '') in ('1', '2', '3', '4', '5')), true)
            from jsonb_array_elements(p_levels) given (assessed)
            left join public.skills skill
                on skill.org_id = p_org_id
                and skill.id = private.uuid_or_null(given.assessed ->> 'skill_id')
                and skill.is_active
        )
    then
        perform private.refuse(
            'PT422', 'bad_levels',
            'That is no list of skills of this organization with levels.',
            'Send such as [{"skill_id": "…", "level": 3, "note": "Mirrors!"}], with levels from 1 to 5 and each skill once.'
        );
    end if;
end;
$$;

-- Where a learner stands: each skill of the organization that is active or was ever assessed, with the latest level and the one before it.
-- Definer: a learner's instructors read what their colleagues have noted, too.
create function private.learner_progress(p_learner_id uuid)
    returns table (
        skill_id uuid,
        syllabus text,
        area text,
        title text,
        level smallint,
        previous_level smallint,
        assessed_at timestamptz
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    learner public.learners;
begin
    perform private.require_person();
    select * into learner
    from public.learners
    where id = p_learner_id
        and (
            id = any (private.my_family_ids())
            or id = any (private.my_reachable_learner_ids())
            or org_id = any (private.my_admin_org_ids())
        );
    if not found then
        perform private.refuse_unknown_learner();
    end if;

    return query
    select skill.id, skill.syllabus, skill.area, skill.title, latest.levels[1], latest.levels[2], latest.assessed_at
    from public.skills skill
    cross join lateral (
        select array_agg(assessed.level order by assessed.assessed_at desc) as levels, max(assessed.assessed_at) as assessed_at
        from public.skill_assessments assessed
        where assessed.org_id = skill.org_id
            and assessed.learner_id = learner.id
            and assessed.skill_id = skill.id
    ) latest
    where skill.org_id = learner.org_id
        and (skill.is_active or latest.levels is not null)
    order by skill.syllabus, skill.position, skill.title;
end;
$$;
