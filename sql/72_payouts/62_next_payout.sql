-- What the caller will be paid on the next payday as it stands now, earning by earning, and why the rest is not. The run decides: a refund,
-- a dispute or a hold in between changes it. Definer: the caller may not read what Stripe holds of a payment, or an admin's hold.
create function private.my_next_payout()
    returns table (
        instructor_id uuid,
        payout_date date,
        earning_id uuid,
        kind public.earning_kind,
        booking_id uuid,
        lesson_at timestamptz,
        service text,
        amount_cents bigint,
        currency text,
        is_included boolean,
        reason text
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    return query
    select
        waiting.instructor_id, waiting.payout_date, waiting.earning_id, earning.kind, earning.booking_id, booking.start_at, service.title,
        earning.amount_cents, earning.currency,
        coalesce(waiting.reason, waiting.payout_reason) is null,
        coalesce(waiting.reason, waiting.payout_reason)
    from private.next_payout_of(private.my_earner_ids()) waiting
    join public.earnings earning on earning.id = waiting.earning_id
    left join public.bookings booking on booking.org_id = earning.org_id and booking.id = earning.booking_id
    left join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
    order by waiting.payout_date, waiting.instructor_id, booking.start_at nulls last, earning.created_at, earning.id;
end;
$$;

-- The earnings of these instructors that are in no payout yet, each with the next payday of its payee, why it is not payable by then
-- (reason), and why its payee is not paid then (payout_reason).
create function private.next_payout_of(p_instructor_ids uuid[])
    returns table (instructor_id uuid, payout_date date, earning_id uuid, reason text, payout_reason text)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    with payday as materialized (
        select
            paid.*,
            private.payday_after(paid.schedule, paid.today, paid.payout_weekday, paid.is_made) as pays_on
        from private.paydays_of_instructors(p_instructor_ids) paid
    ),

    payable as materialized (
        select due.id
        from payday
        cross join lateral private.payable_earnings(
            payday.org_id, (payday.pays_on + 1)::timestamp at time zone payday.time_zone
        ) due
        where due.payee_id = payday.payee_id
            and due.instructor_id = payday.instructor_id
    ),

    decision as materialized (
        select payday.instructor_id, payday.payee_id, decided.currency, decided.reason
        from payday
        cross join lateral private.decide_payouts(
            payday.org_id, payday.schedule, (payday.pays_on + 1)::timestamp at time zone payday.time_zone, '{pending,available}'
        ) decided
        where decided.payee_id = payday.payee_id
    )

    select
        payday.instructor_id,
        payday.pays_on,
        earning.id,
        case
            when payable.id is not null then null
            when earning.status = 'frozen' then 'frozen'
            when payment.is_disputed then 'disputed'
            when payment.status <> 'cancelled'
                and coalesce(payment.funds_available_at, 'infinity') > (payday.pays_on + 1)::timestamp at time zone payday.time_zone
                then 'money_not_available'
            when earning.available_at > (payday.pays_on + 1)::timestamp at time zone payday.time_zone then 'on_hold_after_the_lesson'
            else 'waits_for_another_earning'
        end,
        decision.reason
    from payday
    join public.earnings earning
        on earning.org_id = payday.org_id
        and earning.instructor_id = payday.instructor_id
        and earning.payee_id = payday.payee_id
        and earning.payout_id is null
        and earning.status in ('pending', 'available', 'frozen')
    left join payable on payable.id = earning.id
    left join decision
        on decision.instructor_id = payday.instructor_id
        and decision.payee_id = payday.payee_id
        and decision.currency = earning.currency
    left join public.payments payment on payment.org_id = earning.org_id and payment.id = earning.payment_id;
end;
$$;

-- Each instructor with the payees to whom something of theirs is owed, when these are paid, and whether today's run was made already.
create function private.paydays_of_instructors(p_instructor_ids uuid[])
    returns table (
        instructor_id uuid,
        org_id uuid,
        payee_id uuid,
        schedule public.payout_schedule,
        today date,
        payout_weekday smallint,
        time_zone text,
        is_made boolean
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        owed.instructor_id, owed.org_id, owed.payee_id, payee.schedule, payee.today, organization.payout_weekday, organization.time_zone,
        payee.schedule <> 'instant' and exists (
            select
            from public.payout_runs run
            where run.org_id = owed.org_id
                and run.schedule = payee.schedule
                and run.period_on = payee.today
        )
    from (
        select distinct earning.org_id, earning.instructor_id, earning.payee_id
        from public.earnings earning
        where earning.instructor_id = any (p_instructor_ids)
            and earning.payout_id is null
            and earning.status in ('pending', 'available', 'frozen')
    ) owed
    join public.organizations organization on organization.id = owed.org_id
    left join public.instructor_details details on details.instructor_id = owed.payee_id
    cross join lateral (
        select
            coalesce(details.payout_schedule, 'weekly') as schedule,
            (private.clock() at time zone organization.time_zone)::date as today
    ) payee;
$$;

-- The next payday of a schedule: today, unless its run was made, or a later day.
create function private.payday_after(p_schedule public.payout_schedule, p_today date, p_payout_weekday smallint, p_is_made boolean)
    returns date
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select min(day.starts_at::date)
    from generate_series(
        (p_today + p_is_made::integer)::timestamp, (p_today + p_is_made::integer + 31)::timestamp, interval '1 day'
    ) day (starts_at)
    where day.starts_at::date = private.payday_of(p_schedule, day.starts_at::date, p_payout_weekday);
$$;
