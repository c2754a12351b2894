-- Of a booking. Its times are those of the place where the lesson is: the instructor's zone.
create function private.booking_facts(p_org_id uuid, p_booking_id uuid, p_locale text)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select jsonb_build_object(
            'learner_name', learner.full_name,
            'instructor_name', instructor.display_name,
            'service_title', service.title,
            'start_at', private.time_text(booking.start_at, instructor.time_zone, p_locale),
            'end_at', private.time_text(booking.end_at, instructor.time_zone, p_locale),
            'minutes', private.minutes_between(booking.start_at, booking.end_at),
            'pickup', booking.pickup_address,
            'old_start_at', private.time_text(original.start_at, instructor.time_zone, p_locale),
            'due', private.amount_text(booking.due_cents, booking.currency),
            'total', private.amount_text(booking.total_cents, booking.currency),
            'hold_expires_at', private.time_text(booking.hold_expires_at, instructor.time_zone, p_locale),
            'collect_at', private.time_text(booking.collect_at, instructor.time_zone, p_locale),
            'cancelled_by', case booking.cancelled_by when 'admin' then 'school' else booking.cancelled_by::text end,
            'reason', booking.cancellation_reason
        )
        from public.bookings booking
        join public.learners learner on learner.org_id = booking.org_id and learner.id = booking.learner_id
        join public.instructors instructor on instructor.org_id = booking.org_id and instructor.id = booking.instructor_id
        join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
        left join public.bookings original on original.org_id = booking.org_id and original.id = booking.original_booking_id
        where booking.org_id = p_org_id
            and booking.id = p_booking_id
    );
end;
$$;

-- Of a problem with a lesson.
create function private.problem_facts(p_report_id uuid, p_locale text)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.booking_facts(report.org_id, report.booking_id, p_locale) || jsonb_build_object('decision', report.resolution)
    from public.problem_reports report
    where report.id = p_report_id;
$$;

-- Of prepaid hours: all that are left with the instructor, and when this lot's end.
create function private.credit_facts(p_credit_id uuid, p_locale text)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object(
        'learner_name', learner.full_name,
        'instructor_name', instructor.display_name,
        'hours', trim_scale(
            round(case when credit.expires_at is null then same.minutes_left else credit.minutes_left end / 60.0, 2)
        ),
        'expires_on', (credit.expires_at at time zone instructor.time_zone)::date
    )
    from public.learner_credits credit
    join public.learners learner on learner.org_id = credit.org_id and learner.id = credit.learner_id
    join public.instructors instructor on instructor.org_id = credit.org_id and instructor.id = credit.instructor_id
    cross join lateral (
        select coalesce(sum(other.minutes_left), 0) as minutes_left
        from public.learner_credits other
        where other.org_id = credit.org_id
            and other.learner_id = credit.learner_id
            and other.instructor_id = credit.instructor_id
            and other.status = 'active'
    ) same
    where credit.id = p_credit_id;
$$;

-- Of an alert.
create function private.alert_facts(p_alert_id uuid)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object('message', alert.message) from public.alerts alert where alert.id = p_alert_id;
$$;

-- Of a payment.
create function private.payment_facts(p_payment_id uuid)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object('amount', private.amount_text(payment.amount_cents, payment.currency))
    from public.payments payment
    where payment.id = p_payment_id;
$$;

-- Of a subscription that was withdrawn from.
create function private.subscription_facts(p_subscription_id uuid)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object(
        'amount', private.amount_text(subscription.withdrawal_refund_cents, subscription.currency),
        'product_name', product.name
    )
    from public.subscriptions subscription
    join public.subscription_products product on product.org_id = subscription.org_id and product.id = subscription.product_id
    where subscription.id = p_subscription_id;
$$;

-- Of a refund.
create function private.refund_facts(p_refund_id uuid)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object('amount', private.amount_text(refund.amount_cents, refund.currency))
    from public.refunds refund
    where refund.id = p_refund_id;
$$;

-- Of a payout.
create function private.payout_facts(p_payout_id uuid)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object(
        'amount', private.amount_text(payout.amount_cents, payout.currency),
        'payout_date', payout.payout_date
    )
    from public.payouts payout
    where payout.id = p_payout_id;
$$;

-- Of a payday that passed the recipient by.
create function private.payout_run_facts(p_message public.messages)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object('payout_date', run.period_on, 'reason', replace(result.reason, '_', ' '))
    from public.payout_runs run
    join public.payout_run_results result on result.org_id = run.org_id and result.run_id = run.id
    where run.id = p_message.related_id
        and result.outcome <> 'payout'
        and p_message.recipient_id = any (private.payee_side(result.org_id, result.instructor_id))
    limit 1;
$$;

-- Of an account for payouts.
create function private.account_facts(p_account_id uuid)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object('reason', replace(account.status_reason, '_', ' '))
    from public.stripe_connect_accounts account
    where account.id = p_account_id;
$$;

-- Of a code that proves a phone number.
create function private.code_facts(p_code_id uuid)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object('code', sent.code) from private.phone_codes sent where sent.id = p_code_id;
$$;

-- Of an invitation, or of a guardianship that is offered.
create function private.offer_facts(p_id uuid)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object('role', invitation.role, 'expires_on', invitation.expires_at::date)
    from public.invitations invitation
    where invitation.id = p_id
    union all
    select jsonb_build_object('learner_name', learner.full_name, 'expires_on', link.expires_at::date)
    from public.learner_guardians link
    join public.learners learner on learner.org_id = link.org_id and learner.id = link.learner_id
    where link.id = p_id;
$$;

-- What a message's text can say: the values of its placeholders, as they are now.
create function private.message_facts(p_message public.messages, p_locale text)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object(
        'organization_name', organization.name,
        'recipient_name', coalesce(profile.display_name, profile.full_name, profile.first_name, learner.full_name, '')
    ) || coalesce(
        case p_message.related_type
            when 'bookings' then private.booking_facts(p_message.org_id, p_message.related_id, p_locale)
            when 'problem_reports' then private.problem_facts(p_message.related_id, p_locale)
            when 'learner_credits' then private.credit_facts(p_message.related_id, p_locale)
            when 'alerts' then private.alert_facts(p_message.related_id)
            when 'payments' then private.payment_facts(p_message.related_id)
            when 'refunds' then private.refund_facts(p_message.related_id)
            when 'payouts' then private.payout_facts(p_message.related_id)
            when 'subscriptions' then private.subscription_facts(p_message.related_id)
            when 'payout_runs' then private.payout_run_facts(p_message)
            when 'stripe_connect_accounts' then private.account_facts(p_message.related_id)
            when 'phone_codes' then private.code_facts(p_message.related_id)
            else private.offer_facts(p_message.related_id)
        end,
        '{}'
    )
    from public.organizations organization
    left join public.profiles profile on profile.id = p_message.recipient_id
    left join public.learners learner on p_message.recipient_id is null and learner.id = p_message.learner_id
    where organization.id = p_message.org_id;
$$;

-- A lesson as an entry of a calendar. A moved lesson keeps its uid, and the sequence rises with each move and with the end, so that a
-- calendar replaces what it has.
create function private.booking_entry(p_org_id uuid, p_booking_id uuid)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    with recursive chain as (
        select booking.id, booking.original_booking_id, 0 as moves
        from public.bookings booking
        where booking.org_id = p_org_id
            and booking.id = p_booking_id
        union all
        select original.id, original.original_booking_id, chain.moves + 1
        from chain
        join public.bookings original on original.org_id = p_org_id and original.id = chain.original_booking_id
    )

    select jsonb_build_object(
        'uid', (select chain.id from chain where chain.original_booking_id is null),
        'sequence', 2 * (select max(chain.moves) from chain) + (booking.status = 'cancelled')::integer,
        'method', case booking.status when 'cancelled' then 'CANCEL' else 'PUBLISH' end,
        'start', booking.start_at,
        'end', booking.end_at,
        'summary', format('%s: %s with %s', service.title, learner.full_name, instructor.display_name),
        'location', booking.pickup_address,
        'stamp', private.clock()
    )
    from public.bookings booking
    join public.learners learner on learner.org_id = booking.org_id and learner.id = booking.learner_id
    join public.instructors instructor on instructor.org_id = booking.org_id and instructor.id = booking.instructor_id
    join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
    where booking.org_id = p_org_id
        and booking.id = p_booking_id;
$$;

-- The calendar entry of a mail that says when a lesson is.
create function private.calendar_entry(p_message public.messages)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.booking_entry(p_message.org_id, p_message.related_id)
    where p_message.kind in ('booking_confirmed', 'booking_moved', 'booking_cancelled', 'lesson_reminder')
        and p_message.channel = 'email';
$$;
