-- Makes the caller an instructor of the marketplace. A platform admin verifies them before learners can book.
-- Definer: people may not insert instructors, since organization and verification are not theirs to choose.
create function private.become_instructor(
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
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    marketplace public.organizations;
    new_instructor_id uuid;
    broken_rule text;
    missing_column text;
begin
    select * into strict marketplace from public.organizations where is_marketplace;

    insert into public.instructors (org_id, user_id, display_name, hourly_rate_cents, currency, bio, time_zone)
    values (
        marketplace.id,
        person,
        trim(p_display_name),
        p_hourly_rate_cents,
        private.require_currency(coalesce(p_currency, marketplace.currency)),
        p_bio,
        coalesce(p_time_zone, marketplace.time_zone)
    )
    on conflict (org_id, user_id) do nothing
    returning id into new_instructor_id;

    if new_instructor_id is null then
        perform private.refuse(
            'PT409', 'already_an_instructor',
            'You are already an instructor of the marketplace.',
            'Change your instructor profile instead.'
        );
    end if;

    insert into public.organization_members (org_id, user_id, role)
    values (marketplace.id, person, 'instructor')
    on conflict do nothing;

    return new_instructor_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

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
    set search_path = '', pg_temp
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

-- Creates the instructor_details row of every new instructor.
-- Definer: whoever inserts an instructor need not be allowed to insert details.
create function private.add_instructor_details()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    insert into public.instructor_details (instructor_id, org_id) values (new.id, new.org_id);
    return null;
end;
$$;

create trigger add_instructor_details
    after insert on public.instructors
    for each row execute function private.add_instructor_details();

-- Verifies or rejects an instructor: the person who is the login now, under the name of now. Platform admins only.
-- Definer: nobody may update the verification directly.
create function private.admin_verify_instructor(
    p_instructor_id uuid,
    p_verification_status public.verification_status,
    p_reason text
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_platform_admin(p_reason);
    if p_verification_status is null then
        perform private.refuse_violation('', 'verification_status');
    end if;

    update public.instructors
    set verification_status = p_verification_status
    where id = p_instructor_id;

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no such instructor.',
            'Check the id.'
        );
    end if;
end;
$$;

-- A verification is of one person under one name: with another login or another name the instructor waits to be verified again,
-- whoever changes it. Lessons that are booked stay.
create function private.forget_verification()
    returns trigger
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    new.verification_status := 'pending';
    return new;
end;
$$;

create trigger forget_verification
    before update of user_id, display_name on public.instructors
    for each row
    when (
        old.verification_status = 'verified'
        and new.verification_status = 'verified'
        and (old.user_id is distinct from new.user_id or old.display_name <> new.display_name)
    )
    execute function private.forget_verification();

-- Rounds where an instructor's lessons take place to two decimals, about a kilometre, so that an exact place is never stored. The columns
-- themselves have no precision: Postgres would refuse a number that is too large for it without naming a rule.
create function private.round_area()
    returns trigger
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    new.area_lat := round(new.area_lat, 2);
    new.area_lng := round(new.area_lng, 2);
    return new;
end;
$$;

create trigger round_area
    before insert or update of area_lat, area_lng on public.instructors
    for each row execute function private.round_area();

-- The public directory of instructors who can be booked.
-- Definer: under row-level security the indexes on names and tags could not be used, because their operators are not
-- leakproof; the function shows only what everybody may see. Planned anew for each search: the right index depends on the
-- arguments.
create function private.search_instructors(
    p_query text,
    p_expertise_areas text[],
    p_org_id uuid,
    p_limit integer,
    p_after uuid
)
    returns setof public.instructors
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = 'force_custom_plan'
as $$
begin
    perform private.assert_tags_are_lines(p_expertise_areas);
    return query
    select instructor.*
    from public.instructors instructor
    where instructor.is_active
        and instructor.is_available
        and instructor.verification_status = 'verified'
        and (p_org_id is null or instructor.org_id = p_org_id)
        and (p_query is null or instructor.display_name ilike private.like_pattern(p_query))
        and instructor.expertise_areas @> coalesce(p_expertise_areas, '{}')
        and (p_after is null or instructor.id > p_after)
    order by instructor.id
    limit private.page_size(p_limit);
end;
$$;
