-- Adds an instructor to a school, without a login until an invitation links one.
-- Definer: people may not insert instructors themselves.
create function private.add_instructor(
    p_org_id uuid,
    p_display_name text,
    p_hourly_rate_cents bigint,
    p_currency text,
    p_bio text,
    p_time_zone text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    organization public.organizations;
    new_instructor_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);
    select * into strict organization from public.organizations where id = p_org_id;

    insert into public.instructors (org_id, display_name, hourly_rate_cents, currency, bio, time_zone)
    values (
        p_org_id,
        trim(p_display_name),
        p_hourly_rate_cents,
        private.require_currency(coalesce(p_currency, organization.currency)),
        p_bio,
        coalesce(p_time_zone, organization.time_zone)
    )
    returning id into new_instructor_id;
    return new_instructor_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;
