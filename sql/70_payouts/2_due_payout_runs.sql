-- The paydays that a job has to work on: unfinished ones, and the latest payday of each organization that owes something.
-- "Today" is the organization's own local date. Given a date, exactly that payday.
-- Definer: the jobs have no access to the tables.
create function private.due_payout_runs(p_date date, p_org_id uuid)
    returns table (org_id uuid, org_name text, period_on date)
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    perform private.check_payday(p_date, p_org_id);

    return query
    select organization.id, organization.name, payday.period_on
    from public.organizations organization
    cross join lateral (
        select coalesce(
            p_date,
            private.last_payday(
                (private.clock() at time zone organization.time_zone)::date,
                organization.payout_weekday
            )
        ) as period_on
        union
        select run.period_on
        from public.payout_runs run
        where run.org_id = organization.id
            and run.status = 'open'
            and p_date is null
    ) payday
    left join public.payout_runs made
        on made.org_id = organization.id
        and made.schedule = 'weekly'
        and made.period_on = payday.period_on
    where (p_org_id is null or organization.id = p_org_id)
        and (
            made.status = 'open'
            or (
                made.id is null
                and extract(dow from payday.period_on) = organization.payout_weekday
                and payday.period_on <= (private.clock() at time zone organization.time_zone)::date
                and exists (
                    select
                    from public.earnings earning
                    where earning.org_id = organization.id
                        and earning.status in ('pending', 'available')
                )
            )
        )
    order by payday.period_on, organization.name, organization.id;
end;
$$;
