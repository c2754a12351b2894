-- What the platform charges instructors by the week or the month, besides its fee for each lesson: a franchise. Each fee is an earning
-- below zero, so that it is deducted from the next payout; a fee that no payout covers stays owed.

-- The first day of the week, a Monday, or month that a day is in.
create function private.fee_period(p_period public.instructor_fee_period, p_day date)
    returns date
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_period when 'week' then date_trunc('week', p_day::timestamp) else date_trunc('month', p_day::timestamp) end::date;
$$;

-- The first day of the week or month after the one that a day is in.
create function private.next_fee_period(p_period public.instructor_fee_period, p_day date)
    returns date
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select (
        private.fee_period(p_period, p_day) + case p_period when 'week' then interval '1 week' else interval '1 month' end
    )::date;
$$;

-- Charges every active instructor of an organization the fee of the period that has begun there, once, and returns how many were charged.
-- A period that passes while maintenance does not run is not charged. Called by maintain_organization (95).
create function private.charge_instructor_fees(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    postings private.keyed_posting[];
begin
    with charged as (
        insert into public.earnings (
            org_id, instructor_id, payee_id, kind, fee_plan_id, fee_period_on, currency, amount_cents, available_at, status
        )
        select
            plan.org_id, instructor.id, private.payee_id(instructor.id), 'adjustment', plan.id, period.starts_on,
            plan.currency, -plan.amount_cents, private.clock(), 'available'
        from public.instructor_fee_plans plan
        join public.organizations organization on organization.id = plan.org_id
        join public.instructors instructor
            on instructor.org_id = plan.org_id
            and instructor.is_active
            and instructor.verification_status = 'verified'
        cross join lateral private.fee_period(
            plan.period, (private.clock() at time zone organization.time_zone)::date
        ) period (starts_on)
        where plan.org_id = p_org_id
            and period.starts_on >= plan.starts_on
            and (plan.ends_on is null or period.starts_on < plan.ends_on)
            and not exists (
                select
                from public.earnings charged_before
                where charged_before.org_id = plan.org_id
                    and charged_before.fee_plan_id = plan.id
                    and charged_before.instructor_id = instructor.id
                    and charged_before.fee_period_on = period.starts_on
            )
        order by instructor.id
        on conflict do nothing
        returning org_id, id, payee_id, currency, amount_cents
    )

    select array_agg(
        row(
            charged.org_id, charged.id, format('earning:%s:instructor_fee', charged.id), charged.currency,
            line.account_kind, line.owner_id, line.amount_cents
        )::private.keyed_posting
    )
    into postings
    from charged
    cross join lateral (
        values
            ('payee_payable'::private.ledger_account_kind, charged.payee_id, -charged.amount_cents),
            ('platform_fees', null, charged.amount_cents)
    ) line (account_kind, owner_id, amount_cents);

    return private.post_batch('instructor_fee', 'earning', private.clock(), postings);
end;
$$;

-- Sets what instructors of an organization are charged, for platform admins; null ends it. It counts from the first week (from Monday) or
-- month that begins after the one that is charged already, so that nobody is charged twice for a day. Returns the plan's id.
-- Definer: no role may write plans.
create function private.admin_set_instructor_fee(
    p_org_id uuid,
    p_amount_cents bigint,
    p_period public.instructor_fee_period,
    p_reason text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    organization public.organizations;
    plan_id uuid;
    first_day date;
    broken_rule text;
    missing_column text;
begin
    perform private.require_platform_admin(p_reason);
    select * into organization from public.organizations where id = p_org_id and not is_platform for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no such organization.',
            'Check the id.'
        );
    end if;
    first_day := private.first_free_day(organization);

    delete from public.instructor_fee_plans where org_id = organization.id and starts_on >= first_day;
    update public.instructor_fee_plans set ends_on = first_day where org_id = organization.id and ends_on is null;
    if p_amount_cents is null then
        return null;
    end if;
    insert into public.instructor_fee_plans (org_id, currency, amount_cents, period, starts_on)
    values (
        organization.id, organization.currency, p_amount_cents, p_period,
        private.next_fee_period(p_period, first_day - 1)
    )
    returning id into plan_id;
    return plan_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- The day after the period that an organization's plan has charged, or may charge today; tomorrow if it has none.
create function private.first_free_day(p_organization public.organizations)
    returns date
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(max(period.ends_on), today.on_date + 1)
    from (select (private.clock() at time zone p_organization.time_zone)::date as on_date) today
    left join public.instructor_fee_plans plan
        on plan.org_id = p_organization.id
        and plan.starts_on <= today.on_date
        and coalesce(plan.ends_on > today.on_date, true)
    left join lateral private.next_fee_period(plan.period, today.on_date) period (ends_on) on plan.id is not null
    group by today.on_date;
$$;
