-- What timelines are made of: the rows that belong to bookings, to orders, to payments, to instructors, and to a person.
create function private.parts_of_bookings(p_booking_ids uuid[])
    returns table (org_id uuid, entity_type text, entity_id text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select booking.org_id, part.entity_type, booking.id::text
    from public.bookings booking
    cross join (values ('bookings'), ('booking_notes')) part (entity_type)
    where booking.id = any (p_booking_ids)
    union all
    select item.org_id, 'order_items', item.id::text
    from public.bookings booking
    join public.order_items item on item.org_id = booking.org_id and item.booking_id = booking.id
    where booking.id = any (p_booking_ids)
    union all
    select lesson.org_id, 'lessons', lesson.id::text
    from public.bookings booking
    join public.lessons lesson on lesson.org_id = booking.org_id and lesson.booking_id = booking.id
    where booking.id = any (p_booking_ids)
    union all
    select trip.org_id, 'trips', trip.id::text
    from public.bookings booking
    join public.lessons lesson on lesson.org_id = booking.org_id and lesson.booking_id = booking.id
    join public.trips trip on trip.org_id = lesson.org_id and trip.lesson_id = lesson.id
    where booking.id = any (p_booking_ids)
    union all
    select rating.org_id, 'lesson_ratings', rating.id::text
    from public.bookings booking
    join public.lessons lesson on lesson.org_id = booking.org_id and lesson.booking_id = booking.id
    join public.lesson_ratings rating on rating.org_id = lesson.org_id and rating.lesson_id = lesson.id
    where booking.id = any (p_booking_ids)
    union all
    select claim.org_id, 'lesson_claims', claim.id::text
    from public.bookings booking
    join public.lesson_claims claim on claim.org_id = booking.org_id and claim.booking_id = booking.id
    where booking.id = any (p_booking_ids)
    union all
    select report.org_id, 'problem_reports', report.id::text
    from public.bookings booking
    join public.problem_reports report on report.org_id = booking.org_id and report.booking_id = booking.id
    where booking.id = any (p_booking_ids)
    union all
    select earning.org_id, 'earnings', earning.id::text
    from public.bookings booking
    join public.earnings earning on earning.org_id = booking.org_id and earning.booking_id = booking.id
    where booking.id = any (p_booking_ids)
    union all
    select entry.org_id, 'credit_entries', entry.id::text
    from public.bookings booking
    join public.credit_entries entry on entry.org_id = booking.org_id and entry.booking_id = booking.id
    where booking.id = any (p_booking_ids);
$$;

create function private.parts_of_orders(p_order_ids uuid[])
    returns table (org_id uuid, entity_type text, entity_id text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select ordered.org_id, 'orders', ordered.id::text from public.orders ordered where ordered.id = any (p_order_ids)
    union all
    select item.org_id, 'order_items', item.id::text
    from public.orders ordered
    join public.order_items item on item.org_id = ordered.org_id and item.order_id = ordered.id
    where ordered.id = any (p_order_ids)
    union all
    select credit.org_id, 'learner_credits', credit.id::text
    from public.orders ordered
    join public.order_items item on item.org_id = ordered.org_id and item.order_id = ordered.id
    join public.learner_credits credit on credit.org_id = item.org_id and credit.id = item.credit_id
    where ordered.id = any (p_order_ids)
    union all
    select entry.org_id, 'credit_entries', entry.id::text
    from public.orders ordered
    join public.order_items item on item.org_id = ordered.org_id and item.order_id = ordered.id
    join public.credit_entries entry on entry.org_id = item.org_id and entry.credit_id = item.credit_id
    where ordered.id = any (p_order_ids)
    union all
    select withdrawal.org_id, 'order_withdrawals', withdrawal.id::text
    from public.orders ordered
    join public.order_withdrawals withdrawal on withdrawal.org_id = ordered.org_id and withdrawal.order_id = ordered.id
    where ordered.id = any (p_order_ids)
    union all
    select redemption.org_id, 'code_redemptions', redemption.id::text
    from public.orders ordered
    join public.code_redemptions redemption on redemption.org_id = ordered.org_id and redemption.order_id = ordered.id
    where ordered.id = any (p_order_ids);
$$;

create function private.parts_of_payments(p_payment_ids uuid[])
    returns table (org_id uuid, entity_type text, entity_id text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select payment.org_id, 'payments', payment.id::text from public.payments payment where payment.id = any (p_payment_ids)
    union all
    select refund.org_id, 'refunds', refund.id::text
    from public.payments payment
    join public.refunds refund on refund.org_id = payment.org_id and refund.payment_id = payment.id
    where payment.id = any (p_payment_ids)
    union all
    select dispute.org_id, 'disputes', dispute.id::text
    from public.payments payment
    join public.disputes dispute on dispute.org_id = payment.org_id and dispute.payment_id = payment.id
    where payment.id = any (p_payment_ids)
    union all
    select earning.org_id, 'earnings', earning.id::text
    from public.payments payment
    join public.earnings earning on earning.org_id = payment.org_id and earning.payment_id = payment.id
    where payment.id = any (p_payment_ids);
$$;

-- An instructor's standing, offer, account and payouts. Lessons have timelines of their own.
create function private.parts_of_instructors(p_instructor_ids uuid[])
    returns table (org_id uuid, entity_type text, entity_id text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select instructor.org_id, part.entity_type, instructor.id::text
    from public.instructors instructor
    cross join (values ('instructors'), ('instructor_details')) part (entity_type)
    where instructor.id = any (p_instructor_ids)
    union all
    select document.org_id, 'instructor_documents', document.id::text
    from public.instructor_documents document
    where document.instructor_id = any (p_instructor_ids)
    union all
    select service.org_id, 'services', service.id::text from public.services service where service.instructor_id = any (p_instructor_ids)
    union all
    select account.org_id, part.entity_type, account.id::text
    from public.stripe_connect_accounts account
    cross join (values ('stripe_connect_accounts'), ('connect_account_details')) part (entity_type)
    where account.instructor_id = any (p_instructor_ids)
    union all
    select payout.org_id, 'payouts', payout.id::text from public.payouts payout where payout.instructor_id = any (p_instructor_ids)
    union all
    select payout.org_id, 'bank_payouts', payout.id::text
    from public.bank_payouts payout
    where payout.instructor_id = any (p_instructor_ids)
    union all
    select alert.org_id, 'alerts', alert.id::text from public.alerts alert where alert.instructor_id = any (p_instructor_ids);
$$;

-- A person's login and standing. What the person booked and paid is added by timeline_parts.
create function private.parts_of_person(p_user_id uuid)
    returns table (org_id uuid, entity_type text, entity_id text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select null::uuid, part.entity_type, p_user_id::text
    from (values ('profiles'), ('platform_admins')) part (entity_type)
    union all
    select null, 'guardians', guardian.id::text from public.guardians guardian where guardian.user_id = p_user_id
    union all
    select log.org_id, 'organization_members', log.entity_id
    from public.audit_logs log
    where log.entity_type = 'organization_members'
        and log.org_id = any (array(select organization.id from public.organizations organization))
        and p_user_id::text in (log.old_values ->> 'user_id', log.new_values ->> 'user_id')
    union all
    select learner.org_id, part.entity_type, learner.id::text
    from public.learners learner
    cross join (values ('learners'), ('learner_contacts'), ('learner_details')) part (entity_type)
    where learner.user_id = p_user_id
    union all
    select link.org_id, 'learner_guardians', link.id::text
    from public.guardians guardian
    join public.learner_guardians link on link.guardian_id = guardian.id
    where guardian.user_id = p_user_id
    union all
    select link.org_id, 'learner_guardians', link.id::text
    from public.learners learner
    join public.learner_guardians link on link.org_id = learner.org_id and link.learner_id = learner.id
    where learner.user_id = p_user_id
    union all
    select credit.org_id, 'learner_credits', credit.id::text
    from public.learner_credits credit
    join public.learners learner on learner.org_id = credit.org_id and learner.id = credit.learner_id
    where learner.user_id = p_user_id
    union all
    select invitation.org_id, 'invitations', invitation.id::text
    from public.invitations invitation
    where invitation.accepted_by = p_user_id;
$$;

-- What a row has a history of beside the audit log: hours, messages about it, and, for the platform, tries to pay it and what was posted
-- to the ledger.
create function private.history_of(p_org_id uuid, p_entity_type text, p_entity_id text, p_is_platform boolean)
    returns table (happened_at timestamptz, source text, event text, details jsonb, place bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select entry.created_at, 'credit', entry.kind::text, jsonb_build_object('minutes', entry.minutes), 0::bigint
    from public.credit_entries entry
    where p_entity_type = 'credit_entries'
        and entry.org_id = p_org_id
        and entry.id = p_entity_id::uuid
    union all
    select
        step.happened_at, 'message', message.kind || '_' || step.event,
        jsonb_build_object('channel', message.channel, 'recipient_id', message.recipient_id, 'status', message.status), 0
    from public.messages message
    cross join lateral (
        values (message.created_at, 'queued'), (message.sent_at, 'sent'), (message.delivered_at, 'delivered'), (message.read_at, 'read')
    ) step (happened_at, event)
    where message.org_id = p_org_id
        and message.related_type = p_entity_type
        and message.related_id = p_entity_id::uuid
        and step.happened_at is not null
    union all
    select
        attempt.started_at, 'transfer', 'attempt_' || attempt.status::text,
        jsonb_build_object('attempt', attempt.attempt, 'amount_cents', attempt.amount_cents, 'error_code', attempt.error_code), attempt.attempt
    from private.payout_attempts attempt
    where p_is_platform
        and p_entity_type = 'payouts'
        and attempt.org_id = p_org_id
        and attempt.payout_id = p_entity_id::uuid
    union all
    select
        posted.effective_at, 'ledger', posted.kind,
        jsonb_build_object(
            'currency', posted.currency,
            'posted_at', posted.created_at,
            'entries', (
                select jsonb_agg(jsonb_build_object('account', account.kind, 'amount_cents', entry.amount_cents) order by entry.id)
                from private.ledger_entries entry
                join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
                where entry.org_id = posted.org_id
                    and entry.transaction_id = posted.id
            )
        ),
        posted.id
    from private.ledger_transactions posted
    where p_is_platform
        and posted.org_id = p_org_id
        and posted.source_type = case p_entity_type when 'credit_entries' then 'credit_entry' else rtrim(p_entity_type, 's') end
        and posted.source_id = p_entity_id::uuid;
end;
$$;
