-- The lines of a payout, for its payee and the organization's admins.
-- Definer: the caller may see initials of learners whose names they may not read.
create function private.payout_statement(p_payout_id uuid)
    returns table (
        line bigint,
        payout_date date,
        instructor text,
        kind public.earning_kind,
        booking_id uuid,
        lesson_at timestamptz,
        service text,
        learner_initials text,
        amount_cents bigint,
        currency text
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    if not exists (
        select
        from public.payouts payout
        where payout.id = p_payout_id
            and (
                payout.instructor_id = any (private.my_earner_ids())
                or payout.org_id = any (private.my_admin_org_ids())
            )
    ) then
        perform private.refuse(
            'PT404', 'payout_not_found',
            'You have no payout with that id.',
            'Check the id.'
        );
    end if;
    return query
    select
        statement.line, statement.payout_date, statement.instructor, statement.kind, statement.booking_id,
        statement.lesson_at, statement.service, statement.learner_initials, statement.amount_cents, statement.currency
    from private.statement_lines(p_payout_id) statement;
end;
$$;

-- A payout with its lines as one JSON document, which `python -m jobs statement` renders as a PDF. Times are in the organization's
-- time zone. Definer: the job has no access to the tables.
create function private.payout_statement_document(p_payout_id uuid)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    statement jsonb;
begin
    select jsonb_build_object(
        'payout_id', payout.id,
        'organization', organization.name,
        'tax_id', organization.tax_id,
        'time_zone', organization.time_zone,
        'payee', coalesce(instructor.display_name, organization.name),
        'schedule', run.schedule,
        'payout_date', payout.payout_date,
        'cutoff_at', to_char(run.cutoff_at at time zone organization.time_zone, 'YYYY-MM-DD HH24:MI'),
        'paid_on', (payout.paid_at at time zone organization.time_zone)::date,
        'status', payout.status,
        'stripe_transfer_id', payout.stripe_transfer_id,
        'currency', payout.currency,
        'minor_digits', currency.minor_digits,
        'amount_cents', payout.amount_cents,
        'reversed_cents', payout.reversed_cents,
        'lines', (
            select coalesce(
                jsonb_agg(
                    to_jsonb(statement_line) || jsonb_build_object(
                        'lesson_at',
                        to_char(statement_line.lesson_at at time zone organization.time_zone, 'YYYY-MM-DD HH24:MI')
                    )
                    order by statement_line.line
                ),
                '[]'
            )
            from private.statement_lines(payout.id) statement_line
        )
    )
    into statement
    from public.payouts payout
    join public.payout_runs run on run.org_id = payout.org_id and run.id = payout.run_id
    join public.organizations organization on organization.id = payout.org_id
    left join private.currencies currency on currency.code = payout.currency
    left join public.instructors instructor
        on instructor.org_id = payout.org_id
        and instructor.id = payout.instructor_id
    where payout.id = p_payout_id;

    if statement is null then
        perform private.refuse(
            'PT404', 'payout_not_found',
            'There is no payout with that id.',
            'Check the id.'
        );
    end if;
    return statement;
end;
$$;

-- The initials of a name: A. B. K. of Ada Byron King.
create function private.initials(p_name text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select string_agg(upper(left(word, 1)) || '.', ' ' order by position)
    from regexp_split_to_table(trim(p_name), '\s+') with ordinality part (word, position);
$$;

-- One line for each earning of a payout: instructor, lesson, the learner's initials, and the amount earned or given back.
-- The lines sum to the payout.
create function private.statement_lines(p_payout_id uuid)
    returns table (
        line bigint,
        payout_date date,
        instructor text,
        kind public.earning_kind,
        booking_id uuid,
        lesson_at timestamptz,
        service text,
        learner_initials text,
        amount_cents bigint,
        currency text
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        row_number() over (order by instructor.display_name, booking.start_at nulls last, earning.kind, earning.created_at, earning.id),
        payout.payout_date,
        instructor.display_name,
        earning.kind,
        earning.booking_id,
        booking.start_at,
        service.title,
        private.initials(learner.full_name),
        item.amount_cents,
        payout.currency
    from public.payouts payout
    join public.payout_items item on item.org_id = payout.org_id and item.payout_id = payout.id
    join public.earnings earning on earning.org_id = item.org_id and earning.id = item.earning_id
    join public.instructors instructor on instructor.org_id = item.org_id and instructor.id = item.instructor_id
    left join public.bookings booking on booking.org_id = earning.org_id and booking.id = earning.booking_id
    left join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
    left join public.learners learner on learner.org_id = booking.org_id and learner.id = booking.learner_id
    where payout.id = p_payout_id
    order by 1;
$$;
