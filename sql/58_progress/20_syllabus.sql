-- Sets the skills of a syllabus in their order and returns how many they are; for the organization's admins. A skill keeps its title as its
-- identity: with the same title it is changed, and one that is left out is no longer active.
-- Definer: nobody writes skills directly.
create function private.define_syllabus(p_org_id uuid, p_syllabus text, p_skills jsonb)
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    skill_count integer;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);
    perform private.assert_skills_are_a_list(p_skills);

    insert into public.skills as known (org_id, syllabus, area, title, position, is_active)
    select p_org_id, p_syllabus, coalesce(given.skill ->> 'area', ''), given.skill ->> 'title', given.position, true
    from jsonb_array_elements(p_skills) with ordinality given (skill, position)
    on conflict (org_id, syllabus, title) do update
        set area = excluded.area,
            position = excluded.position,
            is_active = true
        where (known.area, known.position, known.is_active) is distinct from (excluded.area, excluded.position, true);

    update public.skills
    set is_active = false
    where org_id = p_org_id
        and syllabus = p_syllabus
        and is_active
        and title <> all (array(select skill ->> 'title' from jsonb_array_elements(p_skills) skill));

    select count(*) into skill_count
    from public.skills skill
    where skill.org_id = p_org_id
        and skill.syllabus = p_syllabus
        and skill.is_active;
    return skill_count;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;

-- Refuses what is no list of at most 200 skills with titles of their own.
create function private.assert_skills_are_a_list(p_skills jsonb)
    returns void
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if jsonb_typeof(p_skills) is distinct from 'array'
        or jsonb_array_length(p_skills) > 200
        or p_skills @? 'strict $[*] ? (@.type() <> "object")'
        or (select count(*) <> count(distinct skill ->> 'title') from jsonb_array_elements(p_skills) skill)
    then
        perform private.refuse(
            'PT422', 'bad_skills',
            'That is no list of skills.',
            'Send at most 200, such as [{"area": "Manoeuvres", "title": "Bay parking"}], each title once.'
        );
    end if;
end;
$$;
