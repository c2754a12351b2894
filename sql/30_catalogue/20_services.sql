-- Adds a service of one instructor, or of any instructor of a school. For that instructor and the school's admins.
-- Definer: nobody may insert services directly.
create function private.create_service(
    p_org_id uuid,
    p_title text,
    p_duration_minutes integer,
    p_instructor_id uuid,
    p_description text,
    p_short_description text,
    p_topic_tags text[],
    p_price_cents bigint,
    p_currency text,
    p_level public.experience_level,
    p_prerequisites text,
    p_materials_url text,
    p_max_participants integer,
    p_requires_approval boolean,
    p_approval_hours integer,
    p_capture_mode public.capture_mode
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    service_currency text;
    instructor public.instructors;
    new_service_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_person();
    if p_instructor_id is null or not p_instructor_id = any (private.my_instructor_ids()) then
        perform private.require_org_admin(p_org_id);
    end if;
    select private.require_currency(coalesce(p_currency, organization.currency)) into service_currency
    from public.organizations organization
    where organization.id = p_org_id;
    select * into instructor from public.instructors where id = p_instructor_id and org_id = p_org_id;
    if p_instructor_id is not null and not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'This organization has no such instructor.',
            'Check both ids, or leave the instructor out.'
        );
    end if;
    if p_price_cents is null and instructor.currency <> service_currency then
        perform private.refuse(
            'PT422', 'currency_differs',
            'The instructor''s hourly rate is in another currency.',
            'Send a price in this currency, or use the currency of the hourly rate.'
        );
    end if;

    insert into public.services (
        org_id, instructor_id, title, description, short_description, topic_tags, duration_minutes, price_cents, currency,
        level, prerequisites, max_participants, requires_approval, approval_hours, capture_mode
    )
    values (
        p_org_id, p_instructor_id, trim(p_title), p_description,
        coalesce(p_short_description, private.shorten(p_description, 500)),
        coalesce(p_topic_tags, '{}'), p_duration_minutes, p_price_cents, service_currency,
        p_level, p_prerequisites, p_max_participants, p_requires_approval, p_approval_hours, p_capture_mode
    )
    on conflict do nothing
    returning id into new_service_id;

    if new_service_id is null then
        perform private.refuse(
            'PT409', 'service_exists',
            'This instructor or school already has a service with this title.',
            'Choose another title, or change the existing service.'
        );
    end if;
    update public.service_materials set materials_url = p_materials_url where service_id = new_service_id;
    return new_service_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Creates the service_materials row of every new service, and keeps its instructor that of the service.
-- Definer: whoever writes a service need not be allowed to insert its materials.
create function private.add_service_materials()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    insert into public.service_materials (service_id, org_id, instructor_id)
    values (new.id, new.org_id, new.instructor_id)
    on conflict (org_id, service_id) do update
        set instructor_id = excluded.instructor_id;
    return null;
end;
$$;

create trigger add_service_materials
    after insert or update of instructor_id on public.services
    for each row execute function private.add_service_materials();

-- Adds a service of the caller's own, under the name and with the parameters of the published API.
-- Definer: the organization is the instructor's, never one that the caller claims.
create function private.create_session(
    p_expert_user_id uuid,
    p_title text,
    p_description text,
    p_duration_minutes integer,
    p_price_cents bigint,
    p_currency text,
    p_org_id uuid
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    if p_expert_user_id is distinct from private.require_person() then
        perform private.refuse(
            '42501', 'not_yourself',
            'You can offer lessons as yourself only.',
            'Send your own user id as p_expert_user_id.'
        );
    end if;

    select * into instructor
    from public.instructors
    where id = any (private.my_instructor_ids())
        and org_id = coalesce(p_org_id, private.marketplace_id());

    if not found then
        perform private.refuse(
            'PT404', 'not_an_instructor',
            'You are not an instructor here yet.',
            'Call become_instructor first.'
        );
    end if;

    return private.create_service(
        instructor.org_id, p_title, p_duration_minutes, instructor.id, p_description, null, null, p_price_cents,
        private.require_currency(p_currency), null, null, null, 1, false, 24, 'automatic'
    );
end;
$$;

-- The first p_length characters of a text with an ellipsis, cut between words where possible. create_service uses it for
-- the short description.
create function private.shorten(p_text text, p_length integer)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when length(p_text) <= p_length then p_text
        else coalesce(substring(left(p_text, p_length - 1) from '^(.*\S)\s'), left(p_text, p_length - 1)) || '…'
    end;
$$;
