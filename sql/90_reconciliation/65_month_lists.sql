-- What a month's report lists beside the results: payouts, refunds, disputes, prepaid hours, balances, utilisation, cancellations, exceptions.
-- Where there is p_org_id, only those of that organization are counted; null: of all.
create function private.report_payouts(p_org_id uuid, p_month date)
    returns table (currency text, status text, payouts bigint, amount_cents bigint, reversed_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        payout.currency, payout.status::text, count(*), sum(payout.amount_cents)::bigint, sum(payout.reversed_cents)::bigint
    from public.payouts payout
    where (p_org_id is null or payout.org_id = p_org_id)
        and payout.payout_date >= p_month
        and payout.payout_date < p_month + interval '1 month'
    group by payout.currency, payout.status
    order by payout.currency, payout.status;
end;
$$;

create function private.report_refunds(p_org_id uuid, p_from timestamptz, p_until timestamptz)
    returns table (currency text, status text, refunds bigint, amount_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select refund.currency, refund.status::text, count(*), sum(refund.amount_cents)::bigint
    from public.refunds refund
    where (p_org_id is null or refund.org_id = p_org_id)
        and refund.created_at >= p_from
        and refund.created_at < p_until
    group by refund.currency, refund.status
    order by refund.currency, refund.status;
end;
$$;

-- Disputes that were opened or closed in the month.
create function private.report_disputes(p_org_id uuid, p_from timestamptz, p_until timestamptz)
    returns table (currency text, status text, opened bigint, closed bigint, amount_cents bigint, lost_cents bigint, fee_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        dispute.currency, dispute.status::text,
        count(*) filter (where dispute.opened_at >= p_from and dispute.opened_at < p_until),
        count(*) filter (where dispute.closed_at >= p_from and dispute.closed_at < p_until),
        sum(dispute.amount_cents)::bigint, sum(dispute.lost_cents)::bigint, sum(dispute.fee_cents)::bigint
    from public.disputes dispute
    where (p_org_id is null or dispute.org_id = p_org_id)
        and (
            (dispute.opened_at >= p_from and dispute.opened_at < p_until)
            or (dispute.closed_at >= p_from and dispute.closed_at < p_until)
        )
    group by dispute.currency, dispute.status
    order by dispute.currency, dispute.status;
end;
$$;

-- Prepaid hours rolled forward, by instructor, and of all (instructor_id null):
-- opening + sold - used - refunded - lost in disputes - expired = closing, in minutes and in what was paid for them. Minutes that are reserved
-- for lessons ahead are prepaid until the lesson ends.
create function private.report_prepaid(p_org_id uuid, p_from timestamptz, p_until timestamptz)
    returns table (
        currency text,
        instructor_id uuid,
        instructor text,
        opening_minutes bigint,
        sold_minutes bigint,
        used_minutes bigint,
        refunded_minutes bigint,
        disputed_minutes bigint,
        expired_minutes bigint,
        closing_minutes bigint,
        opening_cents bigint,
        sold_cents bigint,
        used_cents bigint,
        refunded_cents bigint,
        disputed_cents bigint,
        expired_cents bigint,
        closing_cents bigint
    )
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    with moved as (
        select
            credit.currency, entry.instructor_id, entry.created_at >= p_from as is_now, effect.line,
            effect.sign * entry.minutes as minutes,
            effect.sign * (entry.share_cents + entry.fee_cents - entry.discount_cents) as cents
        from public.credit_entries entry
        join public.learner_credits credit on credit.org_id = entry.org_id and credit.id = entry.credit_id
        join (
            values
                ('purchase'::public.credit_entry_kind, 'sold', 1),
                ('consume', 'used', -1),
                ('give_back', 'used', 1),
                ('refund', 'refunded', -1),
                ('refund_failed', 'refunded', 1),
                ('dispute', 'disputed', -1),
                ('dispute_reversed', 'disputed', 1),
                ('expire', 'expired', -1)
        ) effect (kind, line, sign) on effect.kind = entry.kind
        where (p_org_id is null or entry.org_id = p_org_id)
            and entry.created_at < p_until
    )

    select
        moved.currency, moved.instructor_id, case when grouping(moved.instructor_id) = 0 then max(teacher.display_name) end,
        coalesce(sum(moved.minutes) filter (where not moved.is_now), 0)::bigint,
        coalesce(sum(moved.minutes) filter (where moved.is_now and moved.line = 'sold'), 0)::bigint,
        coalesce(sum(moved.minutes) filter (where moved.is_now and moved.line = 'used'), 0)::bigint,
        coalesce(sum(moved.minutes) filter (where moved.is_now and moved.line = 'refunded'), 0)::bigint,
        coalesce(sum(moved.minutes) filter (where moved.is_now and moved.line = 'disputed'), 0)::bigint,
        coalesce(sum(moved.minutes) filter (where moved.is_now and moved.line = 'expired'), 0)::bigint,
        sum(moved.minutes)::bigint,
        coalesce(sum(moved.cents) filter (where not moved.is_now), 0)::bigint,
        coalesce(sum(moved.cents) filter (where moved.is_now and moved.line = 'sold'), 0)::bigint,
        coalesce(sum(moved.cents) filter (where moved.is_now and moved.line = 'used'), 0)::bigint,
        coalesce(sum(moved.cents) filter (where moved.is_now and moved.line = 'refunded'), 0)::bigint,
        coalesce(sum(moved.cents) filter (where moved.is_now and moved.line = 'disputed'), 0)::bigint,
        coalesce(sum(moved.cents) filter (where moved.is_now and moved.line = 'expired'), 0)::bigint,
        sum(moved.cents)::bigint
    from moved
    left join public.instructors teacher on teacher.id = moved.instructor_id
    group by grouping sets ((moved.currency, moved.instructor_id), (moved.currency))
    order by moved.currency, grouping(moved.instructor_id) desc, max(teacher.display_name), moved.instructor_id;
end;
$$;

-- What payees are owed at the end of the month, and what those owe whose balance is negative.
create function private.report_balances(p_org_id uuid, p_month date)
    returns table (currency text, line text, payees bigint, amount_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        balance.currency,
        case when balance.amount_cents > 0 and balance.kind = 'payee_payable' then 'negative' else balance.kind::text end,
        count(*), -sum(balance.amount_cents)::bigint
    from private.report_owned_balances(p_org_id, p_month) balance
    group by 1, 2
    order by 1, 2;
end;
$$;

create function private.report_owned_balances(p_org_id uuid, p_month date)
    returns table (org_id uuid, account_id bigint, owner_id uuid, kind private.ledger_account_kind, currency text, amount_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select account.org_id, account.id, account.owner_id, account.kind, account.currency, sum(entry.amount_cents)::bigint
    from private.ledger_accounts account
    join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
    join private.ledger_transactions posted on posted.org_id = entry.org_id and posted.id = entry.transaction_id
    where account.kind in ('instructor_pending', 'payee_payable', 'payout_in_transit')
        and (p_org_id is null or account.org_id = p_org_id)
        and posted.month_on <= p_month
    group by account.org_id, account.id
    having sum(entry.amount_cents) <> 0;
end;
$$;

-- Payees who owe the platform: since when, what took the balance below zero, and what is to come that recovers it: earnings that are pending,
-- and the shares of confirmed lessons ahead.
create function private.report_negative_balances(p_org_id uuid, p_month date)
    returns table (
        currency text,
        payee_id uuid,
        payee text,
        amount_cents bigint,
        since date,
        days integer,
        causes text,
        pending_cents bigint,
        ahead_cents bigint
    )
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    with negative as materialized (
        select balance.*
        from private.report_owned_balances(p_org_id, p_month) balance
        where balance.kind = 'payee_payable'
            and balance.amount_cents > 0
    ),

    step as (
        select
            negative.org_id, negative.account_id, coalesce(earning.kind::text, posted.kind) as kind, posted.effective_at, entry.id,
            entry.amount_cents,
            sum(entry.amount_cents) over (partition by negative.org_id, negative.account_id order by entry.id) as balance_cents
        from negative
        join private.ledger_entries entry on entry.org_id = negative.org_id and entry.account_id = negative.account_id
        join private.ledger_transactions posted on posted.org_id = entry.org_id and posted.id = entry.transaction_id
        left join public.earnings earning
            on earning.org_id = posted.org_id
            and earning.id = posted.source_id
            and posted.source_type = 'earning'
        where posted.month_on <= p_month
    ),

    cause as (
        select
            step.org_id, step.account_id, (min(step.effective_at) at time zone 'UTC')::date as since,
            string_agg(distinct step.kind, ', ' order by step.kind) filter (where step.amount_cents > 0) as kinds
        from step
        where step.id > coalesce(
            (
                select max(even.id)
                from step even
                where even.org_id = step.org_id
                    and even.account_id = step.account_id
                    and even.balance_cents <= 0
            ),
            0
        )
        group by step.org_id, step.account_id
    )

    select
        negative.currency, negative.owner_id, coalesce(instructor.display_name, organization.name), -negative.amount_cents, cause.since,
        least((p_month + interval '1 month')::date, (private.clock() at time zone 'UTC')::date) - cause.since,
        cause.kinds,
        coalesce(
            (
                select -sum(pending.amount_cents)::bigint
                from private.report_owned_balances(p_org_id, p_month) pending
                where pending.kind = 'instructor_pending'
                    and pending.org_id = negative.org_id
                    and pending.owner_id = negative.owner_id
                    and pending.currency = negative.currency
            ),
            0
        ),
        coalesce(
            (
                select sum(booking.instructor_share_cents)::bigint
                from public.bookings booking
                where booking.org_id = negative.org_id
                    and booking.instructor_id = negative.owner_id
                    and booking.currency = negative.currency
                    and booking.status = 'confirmed'
            ),
            0
        )
    from negative
    join cause on cause.org_id = negative.org_id and cause.account_id = negative.account_id
    join public.organizations organization on organization.id = negative.org_id
    left join public.instructors instructor on instructor.org_id = negative.org_id and instructor.id = negative.owner_id
    order by negative.currency, negative.amount_cents desc, negative.owner_id;
end;
$$;

-- Hours offered (opening hours and published times, less closed times, as they are now) and sold, by organization.
create function private.report_utilisation(p_org_id uuid, p_from timestamptz, p_until timestamptz)
    returns table (organization text, instructors bigint, offered_minutes bigint, sold_minutes bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        organization.name, count(*),
        sum(private.minutes_of(private.offered_times(instructor.org_id, instructor.id, p_from, p_until)))::bigint,
        sum(private.minutes_of(private.sold_times(instructor.org_id, instructor.id, p_from, p_until)))::bigint
    from public.instructors instructor
    join public.organizations organization on organization.id = instructor.org_id
    where instructor.is_active
        and (p_org_id is null or instructor.org_id = p_org_id)
    group by organization.id
    order by organization.name, organization.id;
end;
$$;

create function private.offered_times(p_org_id uuid, p_instructor_id uuid, p_from timestamptz, p_until timestamptz)
    returns tstzmultirange
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return tstzmultirange(tstzrange(p_from, p_until)) * (
        coalesce(
            (
                select range_agg(tstzrange(opening.opens_at, opening.closes_at))
                from private.opening_hours(p_instructor_id, p_from, p_until) opening
                where opening.opens_at < opening.closes_at
            ),
            '{}'
        )
        - private.closed_times(p_instructor_id, p_from, p_until)
        + coalesce(
            (
                select range_agg(tstzrange(slot.start_at, slot.end_at))
                from public.bookable_slots slot
                where slot.org_id = p_org_id
                    and slot.instructor_id = p_instructor_id
                    and slot.start_at >= p_from
                    and slot.start_at < p_until
                    and (slot.is_published or slot.current_bookings > 0)
            ),
            '{}'
        )
        + private.sold_times(p_org_id, p_instructor_id, p_from, p_until)
    );
end;
$$;

create function private.sold_times(p_org_id uuid, p_instructor_id uuid, p_from timestamptz, p_until timestamptz)
    returns tstzmultirange
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(
        (
            select range_agg(tstzrange(booking.start_at, booking.end_at))
            from public.bookings booking
            where booking.org_id = p_org_id
                and booking.instructor_id = p_instructor_id
                and booking.start_at >= p_from
                and booking.start_at < p_until
                and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show')
        ),
        '{}'
    );
end;
$$;

create function private.minutes_of(p_times tstzmultirange)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(extract(epoch from sum(upper(part.during) - lower(part.during))) / 60, 0)::bigint
        from unnest(p_times) part (during)
    );
end;
$$;

-- Bookings that were cancelled in the month, and lessons of the month to which somebody did not come, by side.
create function private.report_cancellations(p_org_id uuid, p_from timestamptz, p_until timestamptz)
    returns table (side text, cancelled bigint, late bigint, no_shows bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select ended.side, sum(ended.cancelled)::bigint, sum(ended.late)::bigint, sum(ended.no_shows)::bigint
    from (
        select booking.cancelled_by::text as side, 1 as cancelled, (booking.refund_bps < 10000)::integer as late, 0 as no_shows
        from public.bookings booking
        where (p_org_id is null or booking.org_id = p_org_id)
            and booking.cancelled_at >= p_from
            and booking.cancelled_at < p_until
            and booking.cancelled_by is not null
            and not booking.is_rescheduled
        union all
        select booking.no_show_by::text, 0, 0, 1
        from public.bookings booking
        where (p_org_id is null or booking.org_id = p_org_id)
            and booking.start_at >= p_from
            and booking.start_at < p_until
            and booking.no_show_by is not null
    ) ended
    group by ended.side
    order by ended.side;
end;
$$;

-- Where Stripe and the ledger differed: exceptions that were open in the month.
create function private.report_exceptions(p_from timestamptz, p_until timestamptz)
    returns table (
        currency text, object_key text, reason text, difference_cents bigint, since date, state text, resolution text
    )
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        difference.currency, difference.object_key, difference.reason, difference.difference_cents,
        (difference.since at time zone 'UTC')::date, difference.state, difference.resolution
    from private.reconciliation_exceptions difference
    where difference.since < p_until
        and coalesce(difference.resolved_at, 'infinity') >= p_from
    order by difference.state, difference.since, difference.object_key;
end;
$$;
