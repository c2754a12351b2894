-- The paydays that a job has to work on: unfinished ones, and for each schedule in use the latest payday of each organization
-- that owes something. "Today" is the organization's own local date. Given a date, that weekly payday alone. After its first
-- run of the day, instant is due again only when somebody can be paid.
-- Definer: the jobs have no access to the tables.
create function private.due_payout_runs(p_date date, p_org_id uuid)
    returns table (org_id uuid, org_name text, schedule public.payout_schedule, period_on date)
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    perform private.check_payday('weekly', p_date, p_org_id);

    return query
    select organization.id, organization.name, payday.schedule, payday.period_on
    from public.organizations organization
    cross join lateral (
        select
            owed.schedule,
            coalesce(
                p_date,
                private.payday_of(
                    owed.schedule,
                    (private.clock() at time zone organization.time_zone)::date,
                    organization.payout_weekday
                )
            ) as period_on
        from (
            select coalesce(details.payout_schedule, 'weekly') as schedule
            from public.earnings earning
            left join public.instructor_details details on details.instructor_id = earning.payee_id
            where earning.org_id = organization.id
                and earning.payout_id is null
                and earning.status in ('pending', 'available')
            group by 1
        ) owed
        where p_date is null or owed.schedule = 'weekly'
        union
        select run.schedule, run.period_on
        from public.payout_runs run
        where run.org_id = organization.id
            and run.status = 'open'
            and run.period_on = coalesce(p_date, run.period_on)
    ) payday
    cross join lateral (
        select coalesce(bool_or(run.status = 'open'), false) as is_open, count(*) > 0 as is_made
        from public.payout_runs run
        where run.org_id = organization.id
            and run.schedule = payday.schedule
            and run.period_on = payday.period_on
    ) so_far
    where (p_org_id is null or organization.id = p_org_id)
        and (
            so_far.is_open
            or (
                payday.period_on <= (private.clock() at time zone organization.time_zone)::date
                and (p_date is null or extract(dow from p_date) = organization.payout_weekday)
                and (
                    not so_far.is_made
                    or (
                        payday.schedule = 'instant'
                        and private.pays_somebody(
                            organization.id, payday.schedule, private.payout_cutoff(organization.id, payday.period_on)
                        )
                    )
                )
            )
        )
    order by payday.period_on, organization.name, organization.id, payday.schedule;
end;
$$;
