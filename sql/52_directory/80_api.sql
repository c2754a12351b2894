create function public.search_directory(
    p_query text default null,
    p_name text default null,
    p_topic_tags text[] default '{}',
    p_level public.experience_level default null,
    p_facets jsonb default '{}',
    p_org_id uuid default null,
    p_instructor_id uuid default null,
    p_currency text default null,
    p_lat double precision default null,
    p_lng double precision default null,
    p_radius_km double precision default null,
    p_order public.directory_order default 'rating',
    p_limit integer default 20,
    p_after text default null
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
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        found.service_id, found.instructor_id, found.org_id, found.title, found.short_description, found.topic_tags,
        found.level, found.duration_minutes, found.max_participants, found.requires_approval, found.instructor_name,
        found.avatar_url, found.area, found.area_lat, found.area_lng, found.distance_km, found.facets, found.rating,
        found.rating_count, found.lesson_count, found.organization_name, found.organization_slug, found.labels,
        found.time_zone, found.currency, found.list_cents, found.fee_cents, found.total_cents, found.next_free_at,
        found.cursor
    from private.search_directory(
        p_query, p_name, p_topic_tags, p_level, p_facets, p_org_id, p_instructor_id, p_currency, p_lat::numeric,
        p_lng::numeric, p_radius_km::numeric, p_order, p_limit, p_after
    ) found;
end;

comment on function public.search_directory is
    'Lessons on offer, one row for each instructor who takes bookings of it: where about, with which facets and rating, at which school, the '
    'next free time within 62 days, and what a lesson then costs with the fee that comes on top (list_cents + fee_cents = total_cents, as '
    'quote_booking says; null if it has no price that can be charged; without a free time, the price of now). p_query is part of the title, '
    'p_name of the instructor''s name; p_facets such as {"languages": ["pl"]} must all be there; p_radius_km around p_lat and p_lng is measured '
    'to the area''s rounded coordinates. p_order price goes by what a lesson costs now: give p_currency with it. In pages of at most 50, where '
    'p_after is the cursor of the last row of the previous page. Errors: tags_are_lines, facets_are_lists_of_words, bad_area, bad_cursor.';
