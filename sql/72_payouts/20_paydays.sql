-- The runs that the payout job has to open or resume: unfinished ones, and for each schedule in use the latest payday of every
-- organization that owes something. "Today" is the date in the organization's time zone. With p_date, only that weekly payday.
-- The instant schedule is due again on the same day only if a payout would come of it.
-- Definer: the job has no access to the tables.
create function private.due_payout_runs(p_date date, p_org_id uuid)
    returns table (org_id uuid, org_name text, schedule public.payout_schedule, period_on date)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_payday('weekly', p_date, p_org_id);

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
                and earning.is_unpaid
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
                        and private.has_payouts_due(
                            organization.id, payday.schedule, private.payout_cutoff(organization.id, payday.period_on)
                        )
                    )
                )
            )
        )
    order by payday.period_on, organization.name, organization.id, payday.schedule;
end;
$$;

-- Refuses a date on which no run of this schedule can be opened, or an organization that does not exist; null stands for today and
-- for every organization. A date that has a run already is accepted, so that the run can be resumed even after the organization
-- has changed its payout weekday.
create function private.assert_payday(p_schedule public.payout_schedule, p_date date, p_org_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_org_id is not null and not exists (
        select from public.organizations where id = p_org_id and not is_platform
    ) then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no organization with that id.',
            'Check the id, or omit it to pay the instructors of all organizations.'
        );
    end if;
    if p_date is null or exists (
        select
        from public.payout_runs run
        where run.period_on = p_date
            and (p_org_id is null or run.org_id = p_org_id)
    ) then
        return;
    end if;
    if p_date < private.clock()::date - 366 then
        perform private.refuse(
            'PT422', 'payday_too_old',
            format('%s is more than a year ago.', p_date),
            'Give a payday within the last twelve months.'
        );
    end if;
    if not exists (
        select
        from public.organizations organization
        where not organization.is_platform
            and (p_org_id is null or organization.id = p_org_id)
            and p_date <= (private.clock() at time zone organization.time_zone)::date
    ) then
        perform private.refuse(
            'PT422', 'payday_in_future',
            format('%s is in the future.', p_date),
            'Give a payday up to today, or omit the date to use the latest payday.'
        );
    end if;
    if not exists (
        select
        from public.organizations organization
        where not organization.is_platform
            and (p_org_id is null or organization.id = p_org_id)
            and p_date = private.payday_of(p_schedule, p_date, organization.payout_weekday)
    ) then
        perform private.refuse(
            'PT422', 'not_a_payday',
            format('%s is a %s, on which no organization pays.', p_date, trim(to_char(p_date, 'Day'))),
            'Give a date that falls on the organization''s payout weekday.'
        );
    end if;
end;
$$;

-- The latest payday of a schedule up to a date. Weekly: the organization's payout weekday; monthly: the first of the month;
-- daily and instant: the date itself.
create function private.payday_of(p_schedule public.payout_schedule, p_on date, p_payout_weekday smallint)
    returns date
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_schedule
        when 'weekly' then p_on - (extract(dow from p_on)::integer - p_payout_weekday + 7) % 7
        when 'monthly' then date_trunc('month', p_on::timestamp)::date
        else p_on
    end;
$$;

-- The cutoff of a run: now, but never later than the end of the payday in the organization's time zone, so that a run that comes
-- late pays what was due on its day.
create function private.payout_cutoff(p_org_id uuid, p_period_on date)
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select least(private.clock(), (p_period_on + 1)::timestamp at time zone organization.time_zone)
    from public.organizations organization
    where organization.id = p_org_id;
$$;
