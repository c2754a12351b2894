-- The lessons that a disputed payment has paid for, or that were booked with the hours that it bought, the earliest first.
create function private.evidence_of_bookings(p_dispute public.disputes, p_payment public.payments, p_zone text)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(jsonb_agg(private.evidence_of_booking(p_dispute, p_payment, booking, p_zone) order by booking.start_at), '[]')
        from (
            select booked.*
            from public.bookings booked
            where booked.org_id = p_payment.org_id
                and (
                    booked.order_id = p_payment.order_id
                    or booked.id in (
                        select item.booking_id
                        from private.item_payments paid
                        join public.order_items item on item.org_id = paid.org_id and item.id = paid.item_id
                        where paid.org_id = p_payment.org_id
                            and paid.payment_id = p_payment.id
                    )
                )
            order by booked.start_at
            limit 60
        ) booking
    );
end;
$$;

-- A lesson: its time, the policy that was accepted with it, each change of its status, and what took place.
create function private.evidence_of_booking(
    p_dispute public.disputes, p_payment public.payments, p_booking public.bookings, p_zone text
)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select jsonb_build_object(
            'booking_id', p_booking.id,
            'title', service.title,
            'start_at', private.local_minute(p_booking.start_at, p_zone),
            'minutes', private.minutes_between(p_booking.start_at, p_booking.end_at),
            'status', p_booking.status,
            'pickup', p_booking.pickup_address,
            'booked_at', private.local_minute(p_booking.created_at, p_zone),
            'booked_by', private.party_of_dispute(p_dispute, p_payment, p_booking.booked_by, null),
            'policy', policy.version,
            'tiers', (
                select coalesce(
                    jsonb_agg(
                        jsonb_build_object('notice_minutes', tier.notice_minutes, 'refund_bps', tier.refund_bps)
                        order by tier.notice_minutes desc
                    ),
                    '[]'
                )
                from public.cancellation_tiers tier
                where tier.org_id = policy.org_id
                    and tier.policy_id = policy.id
            ),
            'history', private.evidence_of_history(p_dispute, p_payment, p_booking, p_zone),
            'lesson', private.evidence_of_lesson(p_dispute, p_payment, p_booking, p_zone)
        )
        from public.services service
        join public.cancellation_policies policy on policy.org_id = p_booking.org_id and policy.id = p_booking.cancellation_policy_id
        where service.org_id = p_booking.org_id
            and service.id = p_booking.service_id
    );
end;
$$;

create function private.evidence_of_history(
    p_dispute public.disputes, p_payment public.payments, p_booking public.bookings, p_zone text
)
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
                    'at', private.local_minute(log.created_at, p_zone),
                    'status', log.new_values ->> 'status',
                    'by', private.party_of_change(p_dispute, p_payment, log)
                )
                order by log.id
            ),
            '[]'
        )
        from public.audit_logs log
        where log.org_id = p_booking.org_id
            and log.entity_type = 'bookings'
            and log.entity_id = p_booking.id::text
            and log.new_values ? 'status'
    );
end;
$$;

-- What took place: when the lesson began and ended, who said so, and where it led; null if nothing did.
create function private.evidence_of_lesson(
    p_dispute public.disputes, p_payment public.payments, p_booking public.bookings, p_zone text
)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select jsonb_build_object(
            'started_at', private.local_minute(lesson.started_at, p_zone),
            'ended_at', private.local_minute(lesson.ended_at, p_zone),
            'told', (
                select coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'at', private.local_minute(log.created_at, p_zone),
                            'what', case when log.new_values ->> 'ended_at' is null then 'started' else 'completed' end,
                            'by', private.party_of_change(p_dispute, p_payment, log)
                        )
                        order by log.id
                    ),
                    '[]'
                )
                from public.audit_logs log
                where log.org_id = lesson.org_id
                    and log.entity_type = 'lessons'
                    and log.entity_id = lesson.id::text
                    and log.new_values ?| array['started_at', 'ended_at']
            ),
            'rating', lesson.rating,
            'trip', (
                select jsonb_build_object(
                    'started_at', private.local_minute(min(trip.started_at), p_zone),
                    'ended_at', private.local_minute(max(trip.ended_at), p_zone),
                    'distance_meters', sum(trip.distance_meters),
                    'points', sum(trip.point_count)
                )
                from public.trips trip
                where trip.org_id = lesson.org_id
                    and trip.lesson_id = lesson.id
                having count(*) > 0
            )
        )
        from public.lessons lesson
        where lesson.org_id = p_booking.org_id
            and lesson.booking_id = p_booking.id
    );
end;
$$;

-- What the payer and the learner were told of these lessons and of the payment, over which channel, and whether it arrived. Links are left
-- out: they open a person's account.
create function private.evidence_of_messages(p_dispute public.disputes, p_payment public.payments, p_zone text)
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
                    'kind', told.kind,
                    'channel', told.channel,
                    'to', private.party_of_dispute(p_dispute, p_payment, told.recipient_id, null),
                    'status', told.status,
                    'queued_at', private.local_minute(told.created_at, p_zone),
                    'sent_at', private.local_minute(told.sent_at, p_zone),
                    'delivered_at', private.local_minute(told.delivered_at, p_zone),
                    'read_at', private.local_minute(told.read_at, p_zone),
                    'subject', told.subject,
                    'body', regexp_replace(told.body, 'https?://\S+', '[link]', 'g')
                )
                order by told.created_at, told.id
            ),
            '[]'
        )
        from (
            select message.*, content.subject, content.body
            from public.messages message
            left join public.message_contents content on content.org_id = message.org_id and content.message_id = message.id
            where message.org_id = p_dispute.org_id
                and message.created_at < p_dispute.opened_at
                and message.status not in ('dropped', 'failed')
                and (
                    message.recipient_id = p_payment.payer_id
                    or message.recipient_id in (
                        select learner.user_id
                        from public.learners learner
                        where learner.org_id = p_dispute.org_id
                            and learner.id = p_dispute.learner_id
                    )
                )
                and message.related_id in (
                    select part.entity_id::uuid
                    from private.timeline_parts('payment', p_payment.id) part
                    where part.entity_type in ('bookings', 'payments', 'refunds', 'learner_credits', 'lesson_claims')
                )
            order by message.created_at
            limit 100
        ) told
    );
end;
$$;
