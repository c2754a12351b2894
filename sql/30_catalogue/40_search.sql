-- Lists active services of schools with a listed instructor, and of instructors who take bookings, by title, tags and level, in pages.
-- Definer: it shows only what everybody may see, and row-level security would keep the indexes from being used. The plan is
-- made anew for each search, because the best index depends on the filters given.
create function private.search_services(
    p_query text,
    p_topic_tags text[],
    p_level public.experience_level,
    p_org_id uuid,
    p_limit integer,
    p_after uuid
)
    returns setof public.services
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = 'force_custom_plan'
as $$
begin
    perform private.assert_tags_are_lines(p_topic_tags);
    return query
    select service.*
    from public.services service
    left join public.instructors instructor
        on instructor.org_id = service.org_id
        and instructor.id = service.instructor_id
    where service.is_active
        and (
            (
                service.instructor_id is null
                and exists (
                    select
                    from public.instructors listed
                    where listed.org_id = service.org_id
                        and listed.is_active
                        and listed.verification_status = 'verified'
                )
            )
            or (instructor.is_active and instructor.is_available and instructor.verification_status = 'verified')
        )
        and (p_org_id is null or service.org_id = p_org_id)
        and (p_query is null or service.title ilike private.like_pattern(p_query))
        and (p_level is null or service.level = p_level)
        and service.topic_tags @> coalesce(p_topic_tags, '{}')
        and (p_after is null or service.id > p_after)
    order by service.id
    limit private.page_size(p_limit);
end;
$$;
