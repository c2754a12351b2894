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
        currency text,
        line_group text,
        explanation text
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_may_read_statement(p_payout_id);
    return query
    select
        statement.line, statement.payout_date, statement.instructor, statement.kind, statement.booking_id,
        statement.lesson_at, statement.service, statement.learner_initials, statement.amount_cents, statement.currency,
        statement.line_group, statement.explanation
    from private.statement_lines(p_payout_id) statement;
end;
$$;

-- Refuses who is neither the payee nor an admin of the organization.
create function private.assert_may_read_statement(p_payout_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
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
end;
$$;

-- The same document for those who may read the statement, which the webhook service renders. Definer: as payout_statement.
create function private.statement_for(p_user_id uuid, p_has_second_factor boolean, p_payout_id uuid)
    returns jsonb
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.act_for(p_user_id, p_has_second_factor);
    perform private.assert_may_read_statement(p_payout_id);
    return private.payout_statement_document(p_payout_id);
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
                    to_jsonb(statement_line) - 'instructor_id' || jsonb_build_object(
                        'lesson_at',
                        to_char(statement_line.lesson_at at time zone organization.time_zone, 'YYYY-MM-DD HH24:MI')
                    )
                    order by statement_line.line
                ),
                '[]'
            )
            from private.statement_lines(payout.id) statement_line
        ),
        'groups', private.statement_groups(payout.id)
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

-- The group of a statement in which an earning stands, and the groups' order.
create function private.group_of_earning(p_kind public.earning_kind)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_kind
        when 'lesson' then 'lessons'
        when 'cancellation' then 'late_cancellations'
        when 'no_show' then 'no_shows'
        when 'credit_expiry' then 'expired_hours'
        when 'refund' then 'refunds'
        when 'dispute' then 'disputes'
        else 'adjustments'
    end;
$$;

create function private.place_of_group(p_line_group text)
    returns integer
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select array_position(
        array['lessons', 'late_cancellations', 'no_shows', 'expired_hours', 'refunds', 'disputes', 'adjustments'], p_line_group
    );
$$;

create function private.paid_on_in_words(p_paid_on date)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select ', of what the payout of ' || p_paid_on || ' had paid';
$$;

-- Why an amount that is no lesson's stands in a statement, in words; of what is taken off, which payout had paid it.
create function private.explanation_of_earning(p_earning public.earnings, p_paid_on date, p_reversed_on date)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_earning.kind = 'lesson' then null
        when p_earning.kind = 'cancellation' then 'Kept after a late cancellation.'
        when p_earning.kind = 'no_show' then 'Kept because the learner did not come.'
        when p_earning.kind = 'credit_expiry' then 'Prepaid hours that expired unused.'
        when p_earning.kind = 'refund' and p_earning.amount_cents < 0
            then concat('Taken off for a refund to the payer', private.paid_on_in_words(p_paid_on), '.')
        when p_earning.kind = 'refund' then 'Given back: the refund did not reach the payer.'
        when p_earning.kind = 'dispute' and p_earning.amount_cents < 0
            then concat('Taken off: the payment was lost in a dispute', private.paid_on_in_words(p_paid_on), '.')
        when p_earning.kind = 'dispute' then 'Given back: the dispute was decided otherwise.'
        when p_earning.reversed_payout_id is not null
            then concat('Owed again: the transfer of the payout of ', p_reversed_on, ' was taken back.')
        when p_earning.adopted_transfer_id is not null and p_earning.amount_cents < 0 then 'Paid in advance by another transfer.'
        when p_earning.adopted_transfer_id is not null then 'Owed again: a transfer that was paid in advance was taken back.'
        when p_earning.fee_plan_id is not null then concat('The agreed fee of the period from ', p_earning.fee_period_on, '.')
        when p_earning.kind = 'write_off' then 'Written off by the platform.'
        else 'Corrected by the platform.'
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

-- One line for each earning of a payout: instructor, lesson, the learner's initials, the amount earned or given back, and why it was
-- given back. The lines sum to the payout.
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
        currency text,
        line_group text,
        explanation text,
        instructor_id uuid
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        row_number() over (
            order by private.place_of_group(private.group_of_earning(earning.kind)), instructor.display_name,
                booking.start_at nulls last, earning.kind, earning.created_at, earning.id
        ),
        payout.payout_date,
        instructor.display_name,
        earning.kind,
        earning.booking_id,
        booking.start_at,
        service.title,
        private.initials(learner.full_name),
        item.amount_cents,
        payout.currency,
        private.group_of_earning(earning.kind),
        private.explanation_of_earning(earning, earlier.payout_date, reversed.payout_date),
        earning.instructor_id
    from public.payouts payout
    join public.payout_items item on item.org_id = payout.org_id and item.payout_id = payout.id
    join public.earnings earning on earning.org_id = item.org_id and earning.id = item.earning_id
    join public.instructors instructor on instructor.org_id = item.org_id and instructor.id = item.instructor_id
    left join public.bookings booking on booking.org_id = earning.org_id and booking.id = earning.booking_id
    left join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
    left join public.learners learner on learner.org_id = booking.org_id and learner.id = booking.learner_id
    left join public.earnings earned
        on earned.org_id = earning.org_id
        and earned.booking_id = earning.booking_id
        and earned.kind in ('lesson', 'cancellation', 'no_show')
        and earned.id <> earning.id
    left join public.payouts earlier on earlier.org_id = earned.org_id and earlier.id = earned.payout_id and earlier.id <> payout.id
    left join public.payouts reversed on reversed.org_id = earning.org_id and reversed.id = earning.reversed_payout_id
    where payout.id = p_payout_id
    order by 1;
$$;

-- The groups of a payout's statement in their order, with their subtotals, which sum to the payout.
create function private.statement_groups(p_payout_id uuid)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'line_group', subtotal.line_group, 'lines', subtotal.line_count, 'amount_cents', subtotal.amount_cents
                )
                order by private.place_of_group(subtotal.line_group)
            ),
            '[]'
        )
        from (
            select statement.line_group, count(*) as line_count, sum(statement.amount_cents)::bigint as amount_cents
            from private.statement_lines(p_payout_id) statement
            group by statement.line_group
        ) subtotal
    );
end;
$$;
