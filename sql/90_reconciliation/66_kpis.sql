-- How an organization does, or with null the platform, month by month (UTC), from p_from on: for the organization's admins, and the
-- platform's. Definer: asks the calendars of all instructors.
create function private.organization_kpis(p_org_id uuid, p_from date, p_months integer)
    returns table (
        month date, active_learners bigint, lessons bigint, new_learners bigint, repeat_bps integer, offered_minutes bigint, sold_minutes bigint,
        utilisation_bps integer, cancelled_by_learner bigint, cancelled_by_instructor bigint, cancelled_by_others bigint, no_shows bigint,
        no_show_bps integer, hours_to_first_lesson integer
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_may_read_kpis(p_org_id, p_from, p_months);
    return query
    select
        kpi.month, kpi.active_learners, kpi.lessons, kpi.new_learners, kpi.repeat_bps, kpi.offered_minutes, kpi.sold_minutes,
        kpi.utilisation_bps, kpi.cancelled_by_learner, kpi.cancelled_by_instructor, kpi.cancelled_by_others, kpi.no_shows, kpi.no_show_bps,
        kpi.hours_to_first_lesson
    from private.kpis_of(p_org_id, p_from, p_months) kpi;
end;
$$;

-- What lessons were worth, and that per active learner, by month and currency; for the same people. Definer: as organization_kpis.
create function private.organization_learner_revenue(p_org_id uuid, p_from date, p_months integer)
    returns table (month date, currency text, revenue_cents bigint, active_learners bigint, revenue_per_learner_cents bigint)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_may_read_kpis(p_org_id, p_from, p_months);
    return query
    select revenue.month, revenue.currency, revenue.revenue_cents, revenue.active_learners, revenue.revenue_per_learner_cents
    from private.learner_revenue_of(p_org_id, p_from, p_months) revenue;
end;
$$;

-- Refuses who administers neither, and months that are none, or too many.
create function private.assert_may_read_kpis(p_org_id uuid, p_from date, p_months integer)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    if p_org_id is null then
        perform private.assert_platform_admin();
    else
        perform private.require_org_admin(p_org_id);
    end if;
    if not coalesce(p_from between '2000-01-01' and '2100-01-01' and p_months between 1 and 24, false) then
        perform private.refuse(
            'PT422', 'bad_time_range',
            'Ask for between one and 24 months.',
            'Send p_from, a day of the first month, and p_months.'
        );
    end if;
end;
$$;

-- One row a month. A learner is active in the months of their completed lessons, and comes back if it is not their first lesson; a learner's
-- first lesson is counted from when the learner was added. A no-show is one of the lessons that were due.
create function private.kpis_of(p_org_id uuid, p_from date, p_months integer)
    returns table (
        month date, active_learners bigint, lessons bigint, new_learners bigint, repeat_bps integer, offered_minutes bigint, sold_minutes bigint,
        utilisation_bps integer, cancelled_by_learner bigint, cancelled_by_instructor bigint, cancelled_by_others bigint, no_shows bigint,
        no_show_bps integer, hours_to_first_lesson integer
    )
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
as $$
begin
    return query
    select
        span.month_on, learner.active, learner.lessons, learner.first_time,
        private.bps_of_whole(learner.came_back, learner.active),
        hours.offered, hours.sold, private.bps_of_whole(hours.sold, hours.offered),
        ended.by_learner, ended.by_instructor, ended.by_others, ended.no_shows,
        private.bps_of_whole(ended.no_shows, ended.no_shows + learner.lessons),
        learner.hours_to_first
    from (
        select
            started::date as month_on, started at time zone 'UTC' as starts_at, (started + interval '1 month') at time zone 'UTC' as ends_at
        from generate_series(
            date_trunc('month', p_from::timestamp), date_trunc('month', p_from::timestamp) + make_interval(months => p_months - 1), '1 month'
        ) started
    ) span
    cross join lateral (
        select
            coalesce(sum(offer.offered_minutes), 0)::bigint as offered, coalesce(sum(offer.sold_minutes), 0)::bigint as sold
        from private.report_utilisation(p_org_id, span.starts_at, span.ends_at) offer
    ) hours
    cross join lateral (
        select
            coalesce(sum(side.cancelled) filter (where side.side = 'learner'), 0)::bigint as by_learner,
            coalesce(sum(side.cancelled) filter (where side.side = 'instructor'), 0)::bigint as by_instructor,
            coalesce(sum(side.cancelled) filter (where side.side not in ('learner', 'instructor')), 0)::bigint as by_others,
            coalesce(sum(side.no_shows), 0)::bigint as no_shows
        from private.report_cancellations(p_org_id, span.starts_at, span.ends_at) side
    ) ended
    cross join lateral private.learners_of_month(p_org_id, span.starts_at, span.ends_at) learner
    order by span.month_on;
end;
$$;

-- The learners who had lessons in a month: how many, how many of them again, and how many for the first time, the median of whose hours from
-- being added to that lesson is told.
create function private.learners_of_month(p_org_id uuid, p_from timestamptz, p_until timestamptz)
    returns table (active bigint, lessons bigint, came_back bigint, first_time bigint, hours_to_first integer)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
as $$
begin
    return query
    select
        count(*), coalesce(sum(taken.in_month), 0)::bigint,
        count(*) filter (where taken.in_all > 1),
        count(*) filter (where taken.first_at >= p_from),
        round(
            percentile_cont(0.5) within group (order by greatest(extract(epoch from taken.first_at - learner.created_at), 0) / 3600)
                filter (where taken.first_at >= p_from)
        )::integer
    from (
        select
            booking.org_id, booking.learner_id, count(*) filter (where booking.start_at >= p_from) as in_month, count(*) as in_all,
            min(booking.start_at) as first_at
        from public.bookings booking
        where (p_org_id is null or booking.org_id = p_org_id)
            and booking.status = 'completed'
            and booking.start_at < p_until
        group by booking.org_id, booking.learner_id
        having max(booking.start_at) >= p_from
    ) taken
    join public.learners learner on learner.org_id = taken.org_id and learner.id = taken.learner_id;
end;
$$;

create function private.learner_revenue_of(p_org_id uuid, p_from date, p_months integer)
    returns table (month date, currency text, revenue_cents bigint, active_learners bigint, revenue_per_learner_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
as $$
declare
    first_month constant timestamp := date_trunc('month', p_from::timestamp);
begin
    return query
    select
        given.month_on, given.currency, given.cents, given.learners, round(given.cents::numeric / given.learners)::bigint
    from (
        select
            date_trunc('month', booking.start_at at time zone 'UTC')::date as month_on, booking.currency,
            sum(booking.total_cents)::bigint as cents, count(distinct (booking.org_id, booking.learner_id)) as learners
        from public.bookings booking
        where (p_org_id is null or booking.org_id = p_org_id)
            and booking.status = 'completed'
            and booking.start_at >= first_month at time zone 'UTC'
            and booking.start_at < (first_month + make_interval(months => p_months)) at time zone 'UTC'
        group by 1, 2
    ) given
    order by given.month_on, given.currency;
end;
$$;

-- Which part of a whole, in basis points; null of nothing.
create function private.bps_of_whole(p_part bigint, p_whole bigint)
    returns integer
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select round(10000.0 * p_part / nullif(p_whole, 0))::integer;
$$;
