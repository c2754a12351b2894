-- Refuses a date or an organization that no payout run of a schedule can be for. A run that was made is resumed on whatever
-- date, also after the organization has changed its weekday.
create function private.check_payday(p_schedule public.payout_schedule, p_date date, p_org_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if p_org_id is not null and not exists (select from public.organizations where id = p_org_id) then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no such organization.',
            'Check the id, or leave it out for all organizations.'
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
            'Give a payday of the last twelve months.'
        );
    end if;
    if not exists (
        select
        from public.organizations organization
        where (p_org_id is null or organization.id = p_org_id)
            and p_date <= (private.clock() at time zone organization.time_zone)::date
    ) then
        perform private.refuse(
            'PT422', 'payday_in_future',
            format('%s has not come yet.', p_date),
            'Give a payday that has come, or leave the date out for the latest.'
        );
    end if;
    if not exists (
        select
        from public.organizations organization
        where (p_org_id is null or organization.id = p_org_id)
            and p_date = private.payday_of(p_schedule, p_date, organization.payout_weekday)
    ) then
        perform private.refuse(
            'PT422', 'not_a_payday',
            format('%s is a %s, which is nobody''s payday.', p_date, trim(to_char(p_date, 'Day'))),
            'Give a date that falls on the organization''s payout weekday.'
        );
    end if;
end;
$$;
