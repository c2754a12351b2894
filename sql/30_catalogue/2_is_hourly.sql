-- Is a lesson at that time priced by the instructor's hourly rate, and not by a price of its own?
create function private.is_hourly(p_service public.services, p_start_at timestamptz)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return (
        select p_service.price_cents is null
            and private.listed_price_cents(p_service.id, (p_start_at at time zone organization.time_zone)::date) is null
        from public.organizations organization
        where organization.id = p_service.org_id
    );
end;
$$;
