set lock_timeout = '3s';

SET local check_function_bodies = off;

ALTER TABLE "private"."message_events"
  ADD COLUMN "channel" public.message_channel;

ALTER TABLE "private"."message_events"
  ADD COLUMN "sent_at" timestamp WITH time zone;

ALTER TABLE "private"."trip_points"
  ADD COLUMN "phone_ts" timestamp WITH time zone;

ALTER TABLE "public"."trips"
  ADD COLUMN "phone_skew_seconds" integer;

CREATE OR REPLACE FUNCTION private.add_test (
  p_learner_id    uuid,
  p_kind          text,
  p_start_at      timestamp with time zone,
  p_end_at        timestamp with time zone,
  p_centre        text,
  p_instructor_id uuid
)
  RETURNS uuid
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    learner public.learners := private.require_learner_to_test(p_learner_id, p_instructor_id);
    is_family constant boolean := private.is_family_to_book(learner);
    test public.learner_tests;
    broken_rule text;
    missing_column text;
begin
    perform private.assert_time_is_plausible(p_start_at);
    perform private.assert_time_is_plausible(p_end_at);
    insert into public.learner_tests (org_id, learner_id, instructor_id, kind, start_at, end_at, centre)
    values (learner.org_id, learner.id, p_instructor_id, p_kind, p_start_at, p_end_at, p_centre)
    returning * into test;
    perform private.assert_tests_are_few(learner);

    if test.end_at > private.clock() then
        if (is_family or learner.user_id is null) and not private.occupy_otherwise(
            test.org_id, coalesce(learner.user_id, learner.id), null, learner.id, test.id, test.start_at, test.end_at
        ) then
            perform private.refuse_busy_learner();
        end if;
        if not is_family and p_instructor_id is not null then
            perform private.keep_instructor_free(test);
        end if;
    end if;
    return test.id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$function$;

CREATE OR REPLACE FUNCTION private.assert_tests_are_few (
  p_learner public.learners
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    if (
        select count(*) > 100
        from public.learner_tests test
        where test.org_id = p_learner.org_id
            and test.learner_id = p_learner.id
    ) then
        perform private.refuse(
            'PT409', 'too_many_tests',
            'This learner has a hundred tests already.',
            'Note the result of a test that is entered, rather than enter it again.'
        );
    end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.assert_points_are_sparse (
  p_trip     public.trips,
  p_first_at timestamp with time zone,
  p_last_at  timestamp with time zone
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    begins_at constant timestamptz := date_trunc('minute', p_first_at);
    ends_at constant timestamptz := date_trunc('minute', p_last_at) + interval '1 minute';
begin
    if (
        select count(*) > 2 * extract(epoch from ends_at - begins_at)
        from private.trip_points recorded
        where recorded.org_id = p_trip.org_id
            and recorded.trip_id = p_trip.id
            and recorded.ts >= begins_at
            and recorded.ts < ends_at
    ) then
        perform private.refuse(
            'PT422', 'points_too_dense',
            'These are more than 120 points in a minute.',
            'Send one point a second, and drop the others.'
        );
    end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.assert_trips_are_few (
  p_lesson public.lessons
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    if (
        select count(*) > 20
        from public.trips trip
        where trip.org_id = p_lesson.org_id
            and trip.lesson_id = p_lesson.id
    ) then
        perform private.refuse(
            'PT409', 'too_many_trips',
            'This lesson has twenty trips already.',
            'Leave a trip open during breaks, rather than finish it and start another.'
        );
    end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.clock_skew_of (
  p_trip    public.trips,
  p_sent_at timestamp with time zone
)
  RETURNS interval
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    told constant integer := round(extract(epoch from private.clock() - p_sent_at));
    noted constant integer := coalesce(p_trip.phone_skew_seconds, 0);
begin
    return make_interval(
        secs => case
            when told is null then 0
            when told - noted > -10 and told - noted < 30 then noted
            else told
        end
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.compare_answer (
  p_provider_id text,
  p_channel     public.message_channel,
  p_sender      text,
  p_body        text,
  p_sent_at     timestamp with time zone
)
  RETURNS text
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    sent_at constant timestamptz := case private.meaning_of_answer(p_body)
        when 'stop' then coalesce(p_sent_at + interval '0.999999 seconds', private.clock())
        when 'start' then coalesce(p_sent_at, '-infinity')
        else coalesce(p_sent_at, private.clock())
    end;
    meaning text;
begin
    meaning := private.record_answer(
        p_provider_id,
        p_channel,
        case when private.may_have_been_texted(p_sender) then p_sender end,
        p_body,
        jsonb_build_object('MessageSid', p_provider_id),
        sent_at
    );
    if meaning <> 'duplicate' then
        return 'answer';
    end if;
    if p_sent_at is not null then
        perform private.correct_answer(p_provider_id, p_channel, sent_at);
    end if;
    return 'known';
end;
$function$;

CREATE OR REPLACE FUNCTION private.compare_texts (
  p_texts jsonb
)
  RETURNS TABLE (
    provider_id text,
    outcome     text
  )
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    listed record;
begin
    for listed in
        select told.sid, told.channel, told.is_inbound, told.sender, told.body, told.status, told.error_code, told.sent_at
        from jsonb_to_recordset(p_texts) told (
            sid text,
            channel public.message_channel,
            is_inbound boolean,
            sender text,
            body text,
            status text,
            error_code text,
            sent_at timestamptz
        )
        order by told.sent_at
    loop
        provider_id := listed.sid;
        outcome := case
            when listed.is_inbound then
                private.compare_answer(listed.sid, listed.channel, listed.sender, listed.body, least(listed.sent_at, private.clock()))
            when not exists (
                select from public.message_contents content where content.provider_id = listed.sid
            ) then private.outcome_of_stranger(listed.sid)
            when private.status_of_twilio(listed.status) is null then 'known'
            else
                case private.record_message_status(
                    null, listed.sid, listed.status, listed.error_code,
                    jsonb_build_object('MessageSid', listed.sid, 'MessageStatus', listed.status)
                ) when 'recorded' then 'settled' else 'known' end
        end;
        return next;
    end loop;
end;
$function$;

CREATE OR REPLACE FUNCTION private.correct_answer (
  p_provider_id text,
  p_channel     public.message_channel,
  p_sent_at     timestamp with time zone
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    known private.message_events;
    latest_before text;
    latest text;
begin
    select event.* into known
    from private.message_events event
    where event.provider_id = p_provider_id
        and event.type = 'inbound'
        and event.status in ('stop', 'start');
    if not found or known.address is null or known.sent_at = p_sent_at then
        return;
    end if;

    perform pg_advisory_xact_lock('private.suppressed_addresses'::regclass::oid::integer, hashtext(known.address));
    latest_before := private.latest_answer(p_channel, known.address);
    update private.message_events
    set sent_at = p_sent_at,
        channel = p_channel
    where id = known.id;
    update private.suppressed_addresses
    set created_at = p_sent_at
    where channel = p_channel
        and address = lower(known.address)
        and cause = 'stop'
        and created_at = coalesce(known.sent_at, known.received_at);
    latest := private.latest_answer(p_channel, known.address);
    if latest <> latest_before or known.sent_at = '-infinity' then
        perform private.obey_answer(latest, p_channel);
    end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.erase_messages_to (
  p_person_id uuid
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO '', 'pg_temp'
  AS $function$
    delete from private.calendar_feeds where user_id = p_person_id;
    delete from private.message_preferences where user_id = p_person_id;
    insert into private.message_events (provider_id, type, status, payload)
    select distinct told.provider_id, 'status', 'erased', jsonb '{}'
    from private.events_of_person(p_person_id) told
    where told.type = 'inbound'
    on conflict (provider_id, type, status) do nothing;
    delete from private.message_events where id in (select told.id from private.events_of_person(p_person_id) told);
    delete from public.message_contents content
    using public.messages message, private.phone_codes sent
    where message.related_type = 'phone_codes'
        and message.related_id = sent.id
        and sent.user_id = p_person_id
        and content.org_id = message.org_id
        and content.message_id = message.id;
    delete from private.phone_codes where user_id = p_person_id;
    delete from public.message_contents content
    using public.profiles profile
    where profile.id = p_person_id
        and (content.recipient_id = p_person_id or lower(content.to_address) = lower(profile.email));
$function$;

CREATE OR REPLACE FUNCTION private.keep_text_id()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    insert into private.message_events (provider_id, type, status, payload)
    values (old.provider_id, 'status', 'erased', '{}')
    on conflict (provider_id, type, status) do nothing;
    return null;
end;
$function$;

CREATE OR REPLACE FUNCTION private.latest_answer (
  p_channel public.message_channel,
  p_sender  text
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
    select event.provider_id
    from private.message_events event
    where event.address = p_sender
        and event.type = 'inbound'
        and event.status in ('stop', 'start')
        and coalesce(event.channel, p_channel) = p_channel
    order by coalesce(event.sent_at, event.received_at) desc, event.id desc
    limit 1;
$function$;

CREATE OR REPLACE FUNCTION private.may_have_been_texted (
  p_phone text
)
  RETURNS boolean
  LANGUAGE sql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
    select exists (select from public.message_contents content where content.to_address = p_phone)
        or exists (select from private.phone_codes code where code.phone = p_phone);
$function$;

CREATE OR REPLACE FUNCTION private.needs_attention()
  RETURNS TABLE (
    concern   text,
    reference text,
    since     timestamp with time zone,
    detail    text,
    next_step text
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.note_clock_skew (
  p_trip    public.trips,
  p_sent_at timestamp with time zone
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    skew_seconds constant integer := extract(epoch from private.clock_skew_of(p_trip, p_sent_at));
begin
    if p_sent_at is not null and skew_seconds <> coalesce(p_trip.phone_skew_seconds, 0) then
        update public.trips
        set phone_skew_seconds = skew_seconds
        where org_id = p_trip.org_id
            and id = p_trip.id;
    end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.obey_answer (
  p_provider_id text,
  p_channel     public.message_channel
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    answer record;
begin
    select event.status, lower(event.address) as address, coalesce(event.sent_at, event.received_at) as sent_at into strict answer
    from private.message_events event
    where event.provider_id = p_provider_id
        and event.type = 'inbound'
        and event.status in ('stop', 'start');

    if answer.status = 'stop' then
        insert into private.suppressed_addresses as known (channel, address, cause, created_at)
        values (p_channel, answer.address, 'stop', answer.sent_at)
        on conflict (channel, address) do update
            set cause = excluded.cause,
                created_at = excluded.created_at
            where known.cause = 'unsubscribed';
    else
        delete from private.suppressed_addresses
        where channel = p_channel
            and address = answer.address
            and cause in ('stop', 'unsubscribed')
            and created_at <= answer.sent_at;
    end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.outcome_of_stranger (
  p_provider_id text
)
  RETURNS text
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    if exists (
        select
        from private.message_events event
        where event.provider_id = p_provider_id
            and event.type = 'status'
            and (event.status = 'erased' or event.message_id is not null)
    ) then
        return 'known';
    end if;
    insert into private.message_events (provider_id, type, status, payload)
    values (p_provider_id, 'status', 'unexplained', jsonb_build_object('MessageSid', p_provider_id))
    on conflict (provider_id, type, status) do nothing;
    return 'unknown';
end;
$function$;

CREATE OR REPLACE FUNCTION private.record_answer (
  p_provider_id text,
  p_channel     public.message_channel,
  p_sender      text,
  p_body        text,
  p_payload     jsonb,
  p_sent_at     timestamp with time zone
)
  RETURNS text
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    meaning constant text := private.meaning_of_answer(p_body);
begin
    -- Answers of one number follow one another, so that the latest is known.
    perform pg_advisory_xact_lock('private.suppressed_addresses'::regclass::oid::integer, hashtext(p_sender));
    if exists (
        select from private.message_events event where event.provider_id = p_provider_id and event.type = 'status' and event.status = 'erased'
    ) then
        return 'duplicate';
    end if;

    insert into private.message_events (provider_id, type, status, address, payload, channel, sent_at)
    values (p_provider_id, 'inbound', meaning, p_sender, p_payload, p_channel, p_sent_at)
    on conflict (provider_id, type, status) do nothing;
    if not found then
        return 'duplicate';
    end if;
    if private.latest_answer(p_channel, p_sender) = p_provider_id then
        perform private.obey_answer(p_provider_id, p_channel);
    end if;
    return meaning;
end;
$function$;

CREATE OR REPLACE FUNCTION private.record_inbound_message (
  p_provider_id text,
  p_channel     public.message_channel,
  p_sender      text,
  p_body        text,
  p_payload     jsonb
)
  RETURNS text
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return private.record_answer(p_provider_id, p_channel, p_sender, p_body, p_payload, private.clock());
end;
$function$;

CREATE OR REPLACE FUNCTION private.record_trip_points (
  p_trip_id uuid,
  p_points  jsonb,
  p_sent_at timestamp with time zone
)
  RETURNS timestamp WITH time zone[]
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    trip public.trips := private.require_recorded_trip(p_trip_id);
    arrived_at constant timestamptz := private.clock();
    skew interval;
    new_times timestamptz[];
    first_at timestamptz;
    last_at timestamptz;
begin
    perform private.assert_batch_is_small(p_points);
    perform private.assert_clock_is_plausible(p_sent_at);
    skew := private.clock_skew_of(trip, p_sent_at);

    with entered as (
        insert into private.trip_points (org_id, trip_id, ts, lat, lng, speed_kph, accuracy_meters, received_at, phone_ts)
        select
            trip.org_id, trip.id, sent.ts + skew, sent.lat, sent.lng, sent.speed_kph, sent.accuracy_meters, arrived_at,
            nullif(sent.ts, sent.ts + skew)
        from jsonb_to_recordset(p_points) sent (
            ts timestamptz, lat numeric(9, 6), lng numeric(9, 6), speed_kph numeric(6, 2), accuracy_meters numeric(7, 2)
        )
        where not exists (
            select
            from private.trip_points known
            where known.org_id = trip.org_id
                and known.trip_id = trip.id
                and coalesce(known.phone_ts, known.ts) = sent.ts
                and known.lat = sent.lat
                and known.lng = sent.lng
                -- For a phone whose clock is right the points of its trip need not be read.
                and (trip.phone_skew_seconds is not null or skew <> interval '0')
        )
        on conflict do nothing
        returning ts, coalesce(phone_ts, ts) as sent_ts
    )

    select coalesce(array_agg(entered.sent_ts order by entered.sent_ts), '{}'), min(entered.ts), max(entered.ts)
    into new_times, first_at, last_at
    from entered;

    perform private.assert_times_are_of_the_lesson(trip, first_at, last_at);
    perform private.note_clock_skew(trip, p_sent_at);
    if first_at is not null then
        perform private.assert_points_are_sparse(trip, first_at, last_at);
    end if;
    if trip.ended_at is not null and first_at is not null then
        perform private.measure_trip(trip);
    end if;
    return new_times;
exception
    when data_exception or check_violation or not_null_violation then
        perform private.refuse(
            'PT422', 'bad_point',
            'One of these points is none.',
            'Send a list of {"ts", "lat", "lng"} with speed_kph and accuracy_meters if the phone knows them.'
        );
end;
$function$;

CREATE OR REPLACE FUNCTION private.require_learner_to_test (
  p_learner_id    uuid,
  p_instructor_id uuid
)
  RETURNS public.learners
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    learner public.learners;
begin
    perform private.require_person();
    select candidate.* into learner from public.learners candidate where candidate.id = p_learner_id for no key update;
    if not coalesce(
        private.is_family_to_book(learner)
        or learner.org_id = any (private.my_admin_org_ids())
        or p_instructor_id = any (private.my_instructor_ids()),
        false
    ) then
        perform private.refuse(
            'PT404', 'learner_not_found',
            'There is no such learner whose tests you note.',
            'Check the id and who is signed in; an instructor names themselves.'
        );
    end if;
    if p_instructor_id is not null
        and not (private.has_taught(learner, p_instructor_id))
        and not (
            learner.org_id = any (private.my_admin_org_ids())
            and exists (select from public.instructors one where one.org_id = learner.org_id and one.id = p_instructor_id)
        )
    then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no such instructor of this learner.',
            'Name an instructor with whom the learner has had a lesson, or none.'
        );
    end if;
    return learner;
end;
$function$;

CREATE OR REPLACE FUNCTION private.start_trip (
  p_booking_id uuid
)
  RETURNS uuid
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    lesson public.lessons := private.require_lesson_on_the_road(p_booking_id);
    trip_id uuid;
begin
    perform private.assert_may_be_tracked(lesson.learner_id);

    loop
        insert into public.trips (org_id, lesson_id, instructor_id, learner_id, started_at)
        values (lesson.org_id, lesson.id, lesson.instructor_id, lesson.learner_id, private.clock())
        on conflict (org_id, lesson_id) where ended_at is null do nothing
        returning id into trip_id;
        if trip_id is not null then
            perform private.assert_trips_are_few(lesson);
            return trip_id;
        end if;

        select trip.id into trip_id
        from public.trips trip
        where trip.org_id = lesson.org_id
            and trip.lesson_id = lesson.id
            and trip.ended_at is null;
        if trip_id is not null then
            return trip_id;
        end if;
    end loop;
end;
$function$;

CREATE TRIGGER keep_text_id
  AFTER DELETE ON public.message_contents
  FOR EACH ROW
  WHEN ((old.provider_id ~ '^(SM|MM)[0-9a-f]{32}$'::text))
  EXECUTE FUNCTION private.keep_text_id();

COMMENT ON COLUMN "private"."message_events"."channel" IS 'Of an answer; null: it came before channels were kept.';

COMMENT ON COLUMN "private"."message_events"."sent_at" IS 'When an answer was sent: when it came, or what Twilio lists, once that was compared. -infinity: nobody knows; null: when it was received.';

COMMENT ON COLUMN "private"."message_events"."status" IS 'As the provider says it; of an answer what it means. erased: the text with this id was ours, or to us, and was erased with its person. unexplained: a text from our number that this project has not sent.';

COMMENT ON COLUMN "private"."suppressed_addresses"."created_at" IS 'When it was said; of an answer, when that was sent.';

COMMENT ON COLUMN "private"."trip_points"."phone_ts" IS 'The same by the phone''s clock, as it was sent; null if that was the same.';

COMMENT ON COLUMN "private"."trip_points"."ts" IS 'When the phone was there, by the server''s clock.';

COMMENT ON COLUMN "public"."trips"."clock_skew_seconds" IS 'What a reader has to add to times of its points, in a trip that 0.1.0 recorded with a wrong clock; null: they are the server''s.';

COMMENT ON COLUMN "public"."trips"."phone_skew_seconds" IS 'What was added last to the times that the phone sent, since its clock was wrong; null if no batch has said so. It changes if a batch says ten seconds less or thirty more: what lies between is the time that sending takes.';

COMMENT ON FUNCTION "public"."add_test"(uuid, text, timestamp with time zone, timestamp with time zone, text, uuid) IS 'Notes when a learner is tested, and returns the test''s id. Entered by the learner, or a guardian who may book, it takes the learner''s time; entered by the instructor who goes along, or by an admin, the instructor''s, and that of a learner without a login. Nothing can be booked then. p_kind is such as "practical". Errors: sign_in_required, learner_not_found, instructor_not_found, learner_busy, instructor_busy, too_many_tests, time_is_plausible, value_missing, and the rules of public.learner_tests.';

COMMENT ON FUNCTION "public"."list_trip_points"(uuid, timestamp with time zone, integer) IS 'The points of a trip in the order of time, which is the server''s, and in pages of at most 1,000, where p_after is the ts of the last one of the page before; for the learner, guardians who may view, and the instructor. Points are kept for 30 days. Errors: sign_in_required, trip_not_found.';

COMMENT ON FUNCTION "public"."record_trip_points"(uuid, jsonb, timestamp with time zone) IS 'Takes at most 1,000 points, such as [{"ts": "2026-06-12T10:00:05Z", "lat": 51.5007, "lng": -0.1246, "speed_kph": 31.5, "accuracy_meters": 6}], in any order, and returns the times of those that were new; for the trip''s instructor. Send a batch again until it is answered: points that are known change nothing. Late batches are taken for seven days after the trip, which is then measured again. All of a batch is taken, or nothing; of a minute at most 120. With p_sent_at, what the phone''s clock shows when it sends, a clock may be up to a day wrong: times are put right by what it is wrong now, to half a minute, and kept in the server''s time; those that are returned are the phone''s. Errors: sign_in_required, trip_not_found, tracking_not_agreed, trip_closed, too_many_points, points_too_dense, bad_point, bad_clock, point_in_future, point_outside_lesson.';

COMMENT ON FUNCTION "public"."start_trip"(uuid) IS 'Starts recording where a lesson in progress leads, and returns the trip''s id; for its instructor. Calling it again returns the trip that is open. Show a sign on the phone while it records. A lesson has at most twenty trips. Errors: sign_in_required, booking_not_found, lesson_not_in_progress, tracking_not_agreed, too_many_trips.';

COMMENT ON TABLE "private"."trip_points" IS 'The points of trips, one partition a month, for 30 days. Nobody reads them directly: see list_trip_points.';

REVOKE ALL ON FUNCTION "private"."assert_tests_are_few"(public.learners) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."assert_tests_are_few"(public.learners) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."assert_tests_are_few"(public.learners) TO "postgres";

REVOKE ALL ON FUNCTION "private"."assert_points_are_sparse"(public.trips, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."assert_points_are_sparse"(public.trips, timestamp with time zone, timestamp with time zone) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."assert_points_are_sparse"(public.trips, timestamp with time zone, timestamp with time zone) TO "postgres";

REVOKE ALL ON FUNCTION "private"."assert_trips_are_few"(public.lessons) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."assert_trips_are_few"(public.lessons) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."assert_trips_are_few"(public.lessons) TO "postgres";

REVOKE ALL ON FUNCTION "private"."clock_skew_of"(public.trips, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."clock_skew_of"(public.trips, timestamp WITH time zone) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."clock_skew_of"(public.trips, timestamp WITH time zone) TO "postgres";

REVOKE ALL ON FUNCTION "private"."compare_answer"(text, public.message_channel, text, text, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."compare_answer"(text, public.message_channel, text, text, timestamp WITH time zone) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."compare_answer"(text, public.message_channel, text, text, timestamp WITH time zone) TO "postgres";

REVOKE ALL ON FUNCTION "private"."correct_answer"(text, public.message_channel, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."correct_answer"(text, public.message_channel, timestamp WITH time zone) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."correct_answer"(text, public.message_channel, timestamp WITH time zone) TO "postgres";

REVOKE ALL ON FUNCTION "private"."keep_text_id"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."keep_text_id"() FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."keep_text_id"() TO "postgres";

REVOKE ALL ON FUNCTION "private"."latest_answer"(public.message_channel, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."latest_answer"(public.message_channel, text) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."latest_answer"(public.message_channel, text) TO "postgres";

REVOKE ALL ON FUNCTION "private"."may_have_been_texted"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."may_have_been_texted"(text) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."may_have_been_texted"(text) TO "postgres";

REVOKE ALL ON FUNCTION "private"."obey_answer"(text, public.message_channel) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."obey_answer"(text, public.message_channel) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."obey_answer"(text, public.message_channel) TO "postgres";

REVOKE ALL ON FUNCTION "private"."outcome_of_stranger"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."outcome_of_stranger"(text) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."outcome_of_stranger"(text) TO "postgres";

REVOKE ALL ON FUNCTION "private"."record_answer"(text, public.message_channel, text, text, jsonb, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."record_answer"(text, public.message_channel, text, text, jsonb, timestamp WITH time zone) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."record_answer"(text, public.message_channel, text, text, jsonb, timestamp WITH time zone) TO "postgres";
