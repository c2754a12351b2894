-- The public directory. Definer: it shows only what everybody may see, and under row-level security the indexes on texts and
-- tags could not serve it, since their operators are not leakproof. A plan is made for each search: which index serves it
-- depends on what is asked.
create function private.search_instructors(
    p_query text,
    p_expertise_areas text[],
    p_org_id uuid,
    p_limit integer,
    p_after uuid
)
    returns setof public.instructors
    language plpgsql
    stable
    security definer
    set search_path = ''
    set plan_cache_mode = 'force_custom_plan'
as $$
begin
    return query
    select instructor.*
    from public.instructors instructor
    where instructor.is_active
        and instructor.is_available
        and instructor.verification_status = 'verified'
        and (p_org_id is null or instructor.org_id = p_org_id)
        and (p_query is null or instructor.display_name ilike private.containing(p_query))
        and instructor.expertise_areas @> coalesce(p_expertise_areas, '{}')
        and (p_after is null or instructor.id > p_after)
    order by instructor.id
    limit private.page_size(p_limit);
end;
$$;
