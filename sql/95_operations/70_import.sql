-- Imports lines of a CSV file that a school brings from where it was before: learners, hours that it owes them, or lessons ahead that they have
-- booked. Says of each line whether it was imported, was known by its reference, or is refused, and in which column. `python -m jobs import`
-- calls it batch by batch in one transaction, which it undoes for a dry run, and where a line is refused.
-- Definer: the job has no access to the tables.
create function private.import_lines(p_org_id uuid, p_kind text, p_lines jsonb)
    returns table (line integer, outcome text, column_name text, reason text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    row_id uuid;
    refusal text;
    broken_rule text;
    cells jsonb;
    wanted_reference text;
begin
    perform private.assert_can_import(p_org_id);
    for line, cells in
        select (told.content ->> 'line')::integer, told.content -> 'cells'
        from jsonb_array_elements(p_lines) with ordinality told (content, place)
        order by told.place
    loop
        begin
            outcome := 'known';
            column_name := null;
            reason := null;
            wanted_reference := private.require_reference(cells);
            if private.imported_row(p_org_id, p_kind, wanted_reference) is null then
                row_id := case p_kind
                    when 'learners' then private.import_learner(p_org_id, cells)
                    when 'hours' then private.import_hours(p_org_id, cells)
                    when 'bookings' then private.import_booking(p_org_id, cells)
                end;
                insert into private.imported_rows (org_id, kind, reference, row_id)
                values (p_org_id, p_kind, wanted_reference, row_id);
                outcome := 'imported';
            end if;
        exception
            when sqlstate 'PT404' or sqlstate 'PT409' or sqlstate 'PT422' or insufficient_privilege or integrity_constraint_violation then
                get stacked diagnostics
                    reason = message_text,
                    refusal = pg_exception_detail,
                    column_name = column_name,
                    broken_rule = constraint_name;
                outcome := 'refused';
                if broken_rule <> '' then
                    reason := format('That breaks a rule: %s.', replace(broken_rule, '_', ' '));
                end if;
                if column_name = '' then
                    column_name := private.column_of_refusal(
                        p_kind, coalesce(nullif(broken_rule, ''), substring(refusal from '"code": "(\w+)"'), '')
                    );
                end if;
        end;
        return next;
    end loop;
end;
$$;

create function private.assert_can_import(p_org_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not exists (
        select from public.organizations organization where organization.id = p_org_id and not organization.is_platform
    ) then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no school with that id.',
            'Check the id.'
        );
    end if;
end;
$$;

-- What names a line for ever, so that importing it again changes nothing.
create function private.require_reference(p_cells jsonb)
    returns text
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if coalesce(length(p_cells ->> 'reference'), 0) not between 1 and 200 or not private.is_line(p_cells ->> 'reference') then
        perform private.refuse_cell('reference', 'Every line needs a reference of its own, of at most 200 characters.');
    end if;
    return p_cells ->> 'reference';
end;
$$;

create function private.imported_row(p_org_id uuid, p_kind text, p_reference text)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select imported.row_id
    from private.imported_rows imported
    where imported.org_id = p_org_id
        and imported.kind = p_kind
        and imported.reference = p_reference;
$$;

-- Refuses the line that is being imported, and says in which column it is wrong.
create function private.refuse_cell(p_column text, p_reason text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    raise exception using errcode = 'PT422', message = p_reason, column = p_column;
end;
$$;

-- The column of a line that a rule of the tables, or of booking, speaks of.
create function private.column_of_refusal(p_kind text, p_code text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_kind = 'learners' then case
            when p_code like 'full_name%' or p_code = 'value_missing' then 'name'
            when p_code in ('email_is_valid', 'contact_is_short') then 'email'
            when p_code = 'phone_is_readable' then 'phone'
            when p_code like 'birth%' then 'date_of_birth'
            when p_code like 'notes%' then 'notes'
        end
        when p_kind = 'hours' then case p_code when 'not_whole_lessons' then 'hours' when 'bad_hours' then 'hours' end
        when p_code in ('insufficient_credit', 'not_payable_outside') then 'payment'
        when p_code in ('texts_are_short', 'places_are_on_earth') then 'pickup'
        when p_code in ('service_inactive', 'price_missing', 'amount_too_small', 'amount_too_large') then 'service'
        when p_code = 'instructor_unavailable' then 'instructor'
        else 'start_at'
    end;
$$;

-- A learner of the school, as add_learner adds one.
create function private.import_learner(p_org_id uuid, p_cells jsonb)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_cells ->> 'date_of_birth' is not null and not pg_input_is_valid(p_cells ->> 'date_of_birth', 'date') then
        perform private.refuse_cell('date_of_birth', 'That is no date. Write it as 2008-01-30.');
    end if;
    return private.insert_learner(
        p_org_id, p_cells ->> 'name', p_cells ->> 'email', p_cells ->> 'phone', (p_cells ->> 'date_of_birth')::date, p_cells ->> 'notes'
    );
end;
$$;

-- The learner whom a line names: by the reference under which the learner was imported.
create function private.learner_of_line(p_org_id uuid, p_cells jsonb)
    returns public.learners
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    named public.learners;
begin
    select learner.* into named
    from public.learners learner
    where learner.org_id = p_org_id
        and learner.id = private.imported_row(p_org_id, 'learners', p_cells ->> 'learner');
    if not found then
        perform private.refuse_cell('learner', 'No learner was imported under that reference. Import learners first.');
    end if;
    return named;
end;
$$;

-- The instructor whom a line names, by the address of their login, their id, or a display name that only one in the school has.
create function private.instructor_of_line(p_org_id uuid, p_cells jsonb)
    returns public.instructors
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    name constant text := p_cells ->> 'instructor';
    named public.instructors[] := array(
        select instructor
        from public.instructors instructor
        left join public.profiles profile on profile.id = instructor.user_id
        where instructor.org_id = p_org_id
            and instructor.is_active
            and (
                instructor.id = private.uuid_or_null(name)
                or lower(profile.email) = lower(name)
                or lower(instructor.display_name) = lower(name)
            )
    );
begin
    if cardinality(named) <> 1 then
        perform private.refuse_cell(
            'instructor',
            case cardinality(named)
                when 0 then 'The school has no active instructor of that name, address or id.'
                else 'The school has several instructors of that name. Give the address or the id.'
            end
        );
    end if;
    return named[1];
end;
$$;

-- The service that a line names by its title: the instructor's own, or the school's.
create function private.service_of_line(p_instructor public.instructors, p_cells jsonb)
    returns public.services
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    named public.services;
begin
    select service.* into named
    from public.services service
    where service.org_id = p_instructor.org_id
        and (service.instructor_id = p_instructor.id or service.instructor_id is null)
        and service.is_active
        and lower(service.title) = lower(p_cells ->> 'service')
    order by service.instructor_id nulls last
    limit 1;
    if not found then
        perform private.refuse_cell('service', 'The instructor gives no lesson of that title.');
    end if;
    return named;
end;
$$;
