-- Until when earnings count for a payday: now, but not past the end of that day in the organization's zone, so that a late
-- run pays what was due on the day.
create function private.payout_cutoff(p_org_id uuid, p_period_on date)
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select least(private.clock(), (p_period_on + 1)::timestamp at time zone organization.time_zone)
    from public.organizations organization
    where organization.id = p_org_id;
$$;
