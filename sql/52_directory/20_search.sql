-- One page of lessons on offer, with the price of the next time that is free. p_after is the cursor of the last row of the page before.
-- Only sorting by price asks what each of the matches costs; the next free time is found for the rows of the page alone.
-- Definer: it shows only what everybody may know, and visitors may not read organizations, calendars and prices. The plan is made anew
-- for each search, because the best index depends on the filters given, and the order on p_order.
create function private.search_directory(
    p_query text,
    p_name text,
    p_topic_tags text[],
    p_level public.experience_level,
    p_facets jsonb,
    p_org_id uuid,
    p_instructor_id uuid,
    p_currency text,
    p_lat numeric,
    p_lng numeric,
    p_radius_km numeric,
    p_order public.directory_order,
    p_limit integer,
    p_after text
)
    returns table (
        service_id uuid,
        instructor_id uuid,
        org_id uuid,
        title text,
        short_description text,
        topic_tags text[],
        level public.experience_level,
        duration_minutes integer,
        max_participants integer,
        requires_approval boolean,
        instructor_name text,
        avatar_url text,
        area text,
        area_lat numeric,
        area_lng numeric,
        distance_km numeric,
        facets jsonb,
        rating numeric,
        rating_count integer,
        lesson_count integer,
        organization_name text,
        organization_slug text,
        labels jsonb,
        time_zone text,
        currency text,
        list_cents bigint,
        fee_cents bigint,
        total_cents bigint,
        next_free_at timestamptz,
        cursor text
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = 'force_custom_plan'
as $$
declare
    present constant timestamptz := private.clock();
    sorting constant public.directory_order := coalesce(p_order, 'rating');
    last_row private.directory_place := private.place_of_cursor(p_after);
begin
    perform private.assert_tags_are_lines(p_topic_tags);
    if not private.facets_are_valid(p_facets) then
        perform private.refuse(
            'PT422', 'facets_are_lists_of_words',
            'These are no facets.',
            'Send an object of lists of words, such as {"languages": ["pl"]}.'
        );
    end if;
    perform private.assert_area(p_lat, p_lng, p_radius_km, sorting);

    return query
    with page as materialized (
        select service.id as service_id, instructor.id as instructor_id, place.km, key.sort_key
        from public.instructors instructor
        join public.services service
            on service.instructor_id = instructor.id
            or case when service.instructor_id is null then service.org_id end = instructor.org_id
        cross join lateral (
            select private.km_between(p_lat, p_lng, instructor.area_lat, instructor.area_lng) as km
        ) place
        cross join lateral (
            select case sorting
                when 'price'
                    then coalesce((private.price_service(service.id, instructor.id, present)).total_cents, 1e9)
                when 'distance' then place.km
                else -coalesce(instructor.rating, 0)
            end as sort_key
        ) key
        where instructor.is_active
            and instructor.is_available
            and instructor.verification_status = 'verified'
            and not private.has_lapsed_document(instructor.id)
            and service.is_active
            and (p_query is null or service.title ilike private.like_pattern(p_query))
            and (p_name is null or instructor.display_name ilike private.like_pattern(p_name))
            and (p_level is null or service.level = p_level)
            and service.topic_tags @> coalesce(p_topic_tags, '{}')
            and (p_facets is null or instructor.facets @> p_facets)
            and (p_org_id is null or (instructor.org_id = p_org_id and service.org_id = p_org_id))
            and (p_instructor_id is null or instructor.id = p_instructor_id)
            and (p_currency is null or service.currency = lower(p_currency))
            -- A degree of latitude is 111 km, everywhere.
            and (
                p_radius_km is null
                or (
                    instructor.area_lat between p_lat - p_radius_km / 111 and p_lat + p_radius_km / 111
                    and place.km <= p_radius_km
                )
            )
            and (sorting <> 'distance' or instructor.area_lat is not null)
            and (
                p_after is null
                or (
                    (key.sort_key, instructor.id) >= (last_row.sort_key, last_row.instructor_id)
                    and (key.sort_key, instructor.id, service.id)
                    > (last_row.sort_key, last_row.instructor_id, last_row.service_id)
                )
            )
        order by key.sort_key, instructor.id, service.id
        limit private.page_size(p_limit, 20, 50)
    )

    select
        service.id, instructor.id, service.org_id, service.title, service.short_description, service.topic_tags, service.level,
        service.duration_minutes, service.max_participants, service.requires_approval, instructor.display_name,
        instructor.avatar_url, instructor.area, instructor.area_lat, instructor.area_lng, page.km, instructor.facets,
        instructor.rating, instructor.rating_count, instructor.lesson_count, organization.name, organization.slug,
        organization.labels, instructor.time_zone, service.currency, price.list_cents, price.total_cents - price.list_cents,
        price.total_cents, free.start_at, format('%s/%s/%s', page.sort_key, page.instructor_id, page.service_id)
    from page
    join public.services service on service.id = page.service_id
    join public.instructors instructor on instructor.id = page.instructor_id
    join public.organizations organization on organization.id = service.org_id
    cross join lateral private.next_free_time(page.instructor_id, page.service_id) free
    left join lateral private.price_service(page.service_id, page.instructor_id, coalesce(free.start_at, present), free.minutes) price
        on private.price_refusal(price) is null
    order by page.sort_key, page.instructor_id, page.service_id;
end;
$$;

-- Refuses a search around a place that is none, and a radius or an order by distance without a place.
create function private.assert_area(
    p_lat numeric,
    p_lng numeric,
    p_radius_km numeric,
    p_order public.directory_order
)
    returns void
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if (p_lat is null) <> (p_lng is null)
        or not coalesce(p_lat between -90 and 90 and p_lng between -180 and 180, true)
        or not coalesce(p_radius_km between 0 and 20000, true)
        or (p_lat is null and (p_radius_km is not null or p_order = 'distance'))
    then
        perform private.refuse(
            'PT422', 'bad_area',
            'That is no place to search around.',
            'Send p_lat and p_lng in degrees, and p_radius_km or the order by distance only with them.'
        );
    end if;
end;
$$;

-- Reads the cursor of a row of the directory.
create function private.place_of_cursor(p_cursor text)
    returns private.directory_place
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_cursor !~ '^-?\d{1,10}(\.\d{1,6})?/[0-9a-f-]{36}/[0-9a-f-]{36}$'
        or not pg_input_is_valid(split_part(p_cursor, '/', 2), 'uuid')
        or not pg_input_is_valid(split_part(p_cursor, '/', 3), 'uuid')
    then
        perform private.refuse(
            'PT422', 'bad_cursor',
            'That is no page of the directory.',
            'Send the cursor of the last row of the page before, with the same order.'
        );
    end if;
    return row(
        split_part(p_cursor, '/', 1)::numeric, split_part(p_cursor, '/', 2)::uuid, split_part(p_cursor, '/', 3)::uuid
    )::private.directory_place;
end;
$$;

-- The next time at which a lesson can be booked, within 62 days, and how long it is; nulls if there is none. Most are found in the
-- first week, so that is looked through first.
create function private.next_free_time(p_instructor_id uuid, p_service_id uuid)
    returns table (start_at timestamptz, minutes integer)
    language plpgsql
    stable
    security invoker
    rows 1
    set search_path = '', pg_temp
as $$
declare
    present constant timestamptz := private.clock();
begin
    select free.start_at, private.minutes_between(free.start_at, free.end_at) into start_at, minutes
    from private.list_open_slots(p_instructor_id, p_service_id, present, present + interval '7 days', 1, null) free;
    if not found then
        select free.start_at, private.minutes_between(free.start_at, free.end_at) into start_at, minutes
        from private.list_open_slots(p_instructor_id, p_service_id, present, present + interval '62 days', 1, null) free;
    end if;
    return next;
end;
$$;
