-- What violates no invariant but waits for a person: one row for each thing, with the next step.
-- Definer: the job has no access to the tables.
create function private.needs_attention()
    returns table (concern text, reference text, since timestamptz, detail text, next_step text)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        format('event_%s', event.status), event.event_id, event.received_at,
        concat_ws(', ', event.type, event.account, event.note),
        'Remove the cause, then call admin_replay_event with this id and a reason; or admin_dismiss_event, if nothing follows from it.'
    from private.webhook_events event
    where event.is_waiting
        and event.status in ('parked', 'failed');

    return query
    select
        'command_dead', command.id::text, command.dead_at, concat_ws(': ', command.topic, command.last_error),
        'Remove the cause, then call admin_replay_command with this id and a reason.'
    from private.outbox command
    where command.dead_at is not null;

    return query
    select
        'outbox_behind', null::text, min(command.available_at), format('%s commands have been due for more than an hour', count(*)),
        'Run python -m jobs outbox --watch under a supervisor that restarts it.'
    from private.outbox command
    where command.processed_at is null
        and command.dead_at is null
        and command.available_at < private.clock() - interval '1 hour'
        and coalesce(command.leased_until < private.clock(), true)
    having count(*) > 0;

    return query
    select
        'command_failing', min(command.id)::text, min(command.created_at),
        format('%s of %s: %s', count(*), command.topic, command.last_error),
        'Remove the cause: the commands are tried again by themselves, up to twelve times in twelve hours. Is it a permission of the key '
        'of the jobs, they wait without using up their tries.'
    from private.outbox command
    where command.processed_at is null
        and command.dead_at is null
        and command.last_error is not null
        and command.created_at < private.clock() - interval '1 hour'
    group by command.topic, command.last_error;

    return query
    select
        'default_partition_used', used.partition_name, used.since,
        'rows fell into the partition that is for months without one of their own',
        'Run python -m jobs maintain every five minutes: it makes the partitions of three months ahead. The rows are safe where they are.'
    from (
        select 'audit_logs_default' as partition_name, min(entry.created_at) as since
        from private.audit_logs_default entry
        union all
        select 'webhook_event_bodies_default', min(body.received_at)
        from private.webhook_event_bodies_default body
        union all
        select 'trip_points_default', min(point.received_at)
        from private.trip_points_default point
    ) used
    where used.since is not null;

    return query
    select
        'sign_ups_unconfirmed', null::text, min(login.confirmation_sent_at),
        format('%s people were sent a mail to confirm their address between a week and a day ago, and nobody did', count(*)),
        'Sign up at an address outside of the team. If no mail comes, configure SMTP; if its link leads to 127.0.0.1, set site_url '
        '(docs/operations.md, First deployment).'
    from auth.users login
    where login.confirmation_sent_at between private.clock() - interval '7 days' and private.clock() - interval '1 day'
    having count(*) >= 3
        and count(login.email_confirmed_at) = 0;

    return query
    select
        'message_unknown', message.id::text, message.first_tried_at, format('%s by %s: %s', message.kind, message.channel, message.error),
        'Look it up at the provider. If it was not sent, call admin_resend_message with this id and a reason.'
    from public.messages message
    where message.status = 'unknown'
        and message.available_at is null;

    return query
    select
        'text_unexplained', event.provider_id, event.received_at, 'Twilio lists a text from your number that nothing here has sent',
        'Look it up in Twilio''s Console by this id. If no program of yours has sent it, somebody else has the account''s token: change it there. '
        'This is shown for a week.'
    from private.message_events event
    where event.type = 'status'
        and event.status = 'unexplained'
        and event.received_at > private.clock() - interval '7 days'
        and not exists (select from public.message_contents content where content.provider_id = event.provider_id);

    return query
    select
        'alert_open', alert.id::text, alert.created_at, concat_ws(': ', alert.code, alert.message),
        format('Look at %s %s, then call resolve_alert with this id.', alert.related_type, alert.related_id)
    from public.alerts alert
    where alert.resolved_at is null;

    return query
    select
        case when report.awaits_refund then 'refund_awaited' else 'problem_reported' end,
        report.id::text, coalesce(report.resolved_at, report.created_at),
        format('the earning of booking %s is frozen', report.booking_id),
        case
            when report.awaits_refund
                then 'Refund what was decided, for instance with admin_refund; or call admin_resolve_problem again, to pay the instructor.'
            else 'Decide with admin_resolve_problem, this id and a reason.'
        end
    from public.problem_reports report
    where report.resolved_at is null
        or report.awaits_refund;

    return query
    select
        'claim_undecided', claim.id::text, claim.updated_at,
        format(
            'the %s is said not to have come to booking %s; the school may decide until %s',
            claim.no_show_by, claim.booking_id, to_char(claim.decision_due_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI UTC')
        ),
        'Decide with decide_claim, this id and a reason, if no admin of the school can.'
    from public.lesson_claims claim
    where claim.status = 'undecided';

    return query
    select
        'money_in_suspense', item.id::text, item.created_at,
        format('%s %s of %s', waiting.cents, item.currency, coalesce(item.stripe_payment_intent_id, item.refund_id::text)),
        'Refund it in Stripe''s Dashboard, or call admin_resolve_suspense with this id and a reason.'
    from private.suspense_items item
    cross join lateral (select private.left_in_suspense(item) as cents) waiting
    where waiting.cents <> 0;

    return query
    select
        'reconciliation_exception', difference.id::text, difference.since,
        format(
            '%s: of %s Stripe says %s, the ledger %s %s',
            difference.reason, difference.object_key, difference.stripe_cents, difference.ledger_cents, difference.currency
        ),
        'Compare the object in Stripe''s Dashboard with the ledger, then call admin_resolve_exception with this id and a reason.'
    from private.reconciliation_exceptions difference
    where difference.state = 'open';

    return query
    select
        'payout_unknown', payout.id::text, payout.last_tried_at, concat_ws(': ', payout.failure_code, payout.failure_message),
        'Transfer nothing by hand. Run python -m jobs payouts: it looks the transfer up. If it stays unknown, compare payout and transfer in Stripe.'
    from public.payouts payout
    where payout.status = 'unknown'
        and payout.last_tried_at < private.clock() - interval '1 hour';

    return query
    select
        'payout_held', payout.id::text, payout.updated_at, concat_ws(': ', payout.failure_code, payout.failure_message),
        'Once the cause is gone, call admin_release_payout with this id and a reason; otherwise admin_cancel_payout.'
    from public.payouts payout
    where payout.status = 'held'
        and payout.updated_at < private.clock() - interval '3 days';

    return query
    select
        'transfer_not_in_books', unbooked.stripe_transfer_id, unbooked.transferred_at,
        format('%s %s to %s: %s', unbooked.amount_cents, unbooked.currency, unbooked.destination, unbooked.cause),
        'Was the database restored? Compare the transfer in Stripe with the books, then call admin_adopt_transfer with this id and a reason.'
    from private.unbooked_transfers unbooked
    where unbooked.adopted_at is null;

    return query
    select
        'account_settles_in_another_currency', account.stripe_account_id, account.last_event_at,
        format('%s instead of %s', account.default_currency, organization.currency),
        'Stripe converts every payout to this payee, at the payee''s cost. Ask the payee to add a bank account in the organization''s currency.'
    from public.stripe_connect_accounts account
    join public.organizations organization on organization.id = account.org_id
    where account.retired_at is null
        and account.status = 'ready'
        and account.default_currency <> organization.currency;

    return query
    select
        'webhooks_silent', expected.endpoint, latest.received_at,
        format('no event since, although %s on %s', expected.what, to_char(expected.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI UTC')),
        'Check this endpoint in Stripe''s Dashboard: its URL, its secret, its event types and the failed deliveries.'
    from (
        select 'platform' as endpoint, 'a payment was begun' as what, max(payment.created_at) as at
        from public.payments payment
        where payment.stripe_payment_intent_id is not null
            and payment.created_at < private.clock() - interval '1 day'
        union all
        select 'connect', 'a payout was paid', max(payout.paid_at)
        from public.payouts payout
        where payout.paid_at < private.clock() - interval '7 days'
    ) expected
    left join lateral (
        select max(event.received_at) as received_at
        from private.webhook_events event
        where event.endpoint = expected.endpoint
    ) latest on true
    where coalesce(latest.received_at < expected.at, expected.at is not null);
end;
$$;

comment on function private.needs_attention is
    'Parked events, dead, failing and late commands, default partitions in use, open alerts, reported problems, undecided claims, money '
    'in suspense, payouts that are held or unknown for long, transfers that the books lack, accounts that settle in another currency, '
    'endpoints without events.';

-- Payout runs that nobody works on, for `jobs doctor`: paydays that began twelve hours ago and have no run, although a run could have
-- paid somebody twelve hours ago; and open runs without a heartbeat for an hour.
-- Definer: the job has no access to the tables.
create function private.overdue_paydays()
    returns table (org_id uuid, org_name text, schedule public.payout_schedule, period_on date, heartbeat_at timestamptz)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select due.org_id, due.org_name, due.schedule, due.period_on, run.heartbeat_at
    from private.due_payout_runs(null, null) due
    join public.organizations organization on organization.id = due.org_id
    left join public.payout_runs run
        on run.org_id = due.org_id
        and run.schedule = due.schedule
        and run.period_on = due.period_on
        and run.status = 'open'
    where case
        when run.id is not null then run.heartbeat_at < private.clock() - interval '1 hour'
        else (due.period_on::timestamp at time zone organization.time_zone) < private.clock() - interval '12 hours'
            and private.has_payouts_due(
                due.org_id,
                due.schedule,
                least(private.payout_cutoff(due.org_id, due.period_on), private.clock() - interval '12 hours')
            )
    end;
$$;

-- The currencies in which the platform's Stripe account has to settle, for `jobs doctor`: those of organizations with payments.
-- Definer: the job has no access to the tables.
create function private.traded_currencies()
    returns table (currency text)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select distinct organization.currency
    from public.organizations organization
    where exists (select from public.payments payment where payment.org_id = organization.id)
    order by organization.currency;
$$;
