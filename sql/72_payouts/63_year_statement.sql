-- The payouts of some days, one line each, with the subtotals of their statements, which sum to the amount: for the payee and the
-- organization's admins. Definer: sums lines that name learners whom the caller may not read.
create function private.list_payouts(
    p_from date,
    p_until date,
    p_limit integer,
    p_after_date date,
    p_after_id uuid
)
    returns table (
        payout_id uuid,
        payout_date date,
        paid_at timestamptz,
        status public.payout_status,
        organization text,
        payee text,
        lessons_cents bigint,
        late_cancellations_cents bigint,
        no_shows_cents bigint,
        expired_hours_cents bigint,
        refunds_cents bigint,
        disputes_cents bigint,
        adjustments_cents bigint,
        amount_cents bigint,
        reversed_cents bigint,
        currency text,
        stripe_transfer_id text
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    perform private.assert_days(p_from, p_until);
    return query
    select
        payout.id, payout.payout_date, payout.paid_at, payout.status, organization.name, coalesce(payee.display_name, organization.name),
        coalesce(sum(item.amount_cents) filter (where private.group_of_earning(earning.kind) = 'lessons'), 0)::bigint,
        coalesce(sum(item.amount_cents) filter (where private.group_of_earning(earning.kind) = 'late_cancellations'), 0)::bigint,
        coalesce(sum(item.amount_cents) filter (where private.group_of_earning(earning.kind) = 'no_shows'), 0)::bigint,
        coalesce(sum(item.amount_cents) filter (where private.group_of_earning(earning.kind) = 'expired_hours'), 0)::bigint,
        coalesce(sum(item.amount_cents) filter (where private.group_of_earning(earning.kind) = 'refunds'), 0)::bigint,
        coalesce(sum(item.amount_cents) filter (where private.group_of_earning(earning.kind) = 'disputes'), 0)::bigint,
        coalesce(sum(item.amount_cents) filter (where private.group_of_earning(earning.kind) = 'adjustments'), 0)::bigint,
        payout.amount_cents, payout.reversed_cents, payout.currency, payout.stripe_transfer_id
    from public.payouts payout
    join public.organizations organization on organization.id = payout.org_id
    join public.payout_items item on item.org_id = payout.org_id and item.payout_id = payout.id
    join public.earnings earning on earning.org_id = item.org_id and earning.id = item.earning_id
    left join public.instructors payee on payee.org_id = payout.org_id and payee.id = payout.instructor_id
    where payout.payout_date >= p_from
        and payout.payout_date < p_until
        and (p_after_id is null or (payout.payout_date, payout.id) > (p_after_date, p_after_id))
        and (
            payout.instructor_id = any (private.my_earner_ids())
            or payout.org_id = any (private.my_admin_org_ids())
        )
    group by payout.org_id, payout.id, organization.name, payee.display_name
    order by payout.payout_date, payout.id
    limit private.page_size(p_limit, 1000, 1000);
end;
$$;

-- Refuses days that are no range, or are more than a year and a month.
create function private.assert_days(p_from date, p_until date)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if (case when isfinite(p_from) and isfinite(p_until) then p_until - p_from between 1 and 400 end) is not true then
        perform private.refuse(
            'PT422', 'bad_time_range',
            'Ask for between one and 400 days.',
            'Send p_from and, after it, p_until: the day that follows the last.'
        );
    end if;
end;
$$;

-- What an instructor was paid for in a calendar year of the organization's time zone, line by line, by the day of payment: the lines of every
-- paid payout's statement, for the instructor and the organization's admins.
-- Definer: the caller may see initials of learners whose names they may not read.
create function private.year_statement(p_instructor_id uuid, p_year integer)
    returns table (
        paid_on date,
        payout_id uuid,
        line bigint,
        instructor text,
        kind public.earning_kind,
        line_group text,
        lesson_at timestamptz,
        service text,
        learner_initials text,
        amount_cents bigint,
        currency text,
        explanation text
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    perform private.require_person();
    perform private.assert_year(p_year);
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and (id = any (private.my_earner_ids()) or org_id = any (private.my_admin_org_ids()));
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'You administer no instructor with that id, and are none.',
            'Check the id.'
        );
    end if;
    return query
    select
        paid.paid_on, paid.id, statement.line, statement.instructor, statement.kind, statement.line_group, statement.lesson_at,
        statement.service, statement.learner_initials, statement.amount_cents, statement.currency, statement.explanation
    from (
        select payout.id, (payout.paid_at at time zone organization.time_zone)::date as paid_on
        from public.payouts payout
        join public.organizations organization on organization.id = payout.org_id
        where payout.org_id = instructor.org_id
            and (payout.instructor_id = instructor.id or payout.instructor_id is null)
            and payout.paid_at is not null
    ) paid
    cross join lateral private.statement_lines(paid.id) statement
    where extract(year from paid.paid_on) = p_year
        and statement.instructor_id = instructor.id
    order by paid.paid_on, paid.id, statement.line;
end;
$$;

-- Refuses what is no year of this system.
create function private.assert_year(p_year integer)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not coalesce(p_year between 2000 and 2100, false) then
        perform private.refuse(
            'PT422', 'bad_year',
            'That is no year of which there can be a statement.',
            'Send a year such as 2026.'
        );
    end if;
end;
$$;
