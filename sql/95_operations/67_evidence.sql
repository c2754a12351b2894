-- What answers a dispute, as one JSON document, which `python -m jobs evidence` and the webhook service print: what was bought, which policy
-- and terms were accepted and when, what happened to each lesson and by whom, where it led, and what the payer was told. It names nobody but
-- the dispute's payer, learner and instructor; others who acted are named by their part. Takes the dispute's id, or Stripe's (du_…).
-- Definer: the job has no access to the tables.
create function private.dispute_evidence(p_dispute text)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    dispute public.disputes;
    payment public.payments;
    zone text;
begin
    select * into dispute
    from public.disputes opened
    where opened.stripe_dispute_id = p_dispute
        or opened.id = private.uuid_or_null(p_dispute);
    if not found then
        perform private.refuse(
            'PT404', 'dispute_not_found',
            'There is no dispute with that id.',
            'Read the disputes, and check the id.'
        );
    end if;
    select * into strict payment
    from public.payments paid
    where paid.org_id = dispute.org_id and paid.id = dispute.payment_id;
    select organization.time_zone into strict zone from public.organizations organization where organization.id = dispute.org_id;
    return private.evidence_head(dispute, payment, zone) || jsonb_build_object(
        'terms', private.evidence_of_terms(dispute, payment, zone),
        'bookings', private.evidence_of_bookings(dispute, payment, zone),
        'refunds', private.evidence_of_refunds(payment, zone),
        'messages', private.evidence_of_messages(dispute, payment, zone)
    );
end;
$$;

-- The same for a platform admin, which the webhook service prints. Asking is recorded. Definer: as dispute_evidence.
create function private.evidence_for(p_user_id uuid, p_has_second_factor boolean, p_dispute_id uuid)
    returns jsonb
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    evidence jsonb;
begin
    perform private.act_for(p_user_id, p_has_second_factor);
    perform private.assert_platform_admin();
    evidence := private.dispute_evidence(p_dispute_id::text);
    perform private.record_decision('disputes', p_dispute_id::text, '{}', '{"is_evidence_printed": true}');
    return evidence;
end;
$$;

-- The dispute, its payment, and who they are about.
create function private.evidence_head(p_dispute public.disputes, p_payment public.payments, p_zone text)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select jsonb_build_object(
            'dispute_id', p_dispute.stripe_dispute_id,
            'reason', p_dispute.reason,
            'amount_cents', p_dispute.amount_cents,
            'opened_at', private.local_minute(p_dispute.opened_at, p_zone),
            'due_at', private.local_minute(p_dispute.evidence_due_at, p_zone),
            'organization', organization.name,
            'time_zone', p_zone,
            'currency', p_dispute.currency,
            'minor_digits', currency.minor_digits,
            'payment_id', p_payment.id,
            'stripe_payment_intent_id', p_payment.stripe_payment_intent_id,
            'paid_cents', p_payment.captured_cents,
            'paid_for', coalesce(p_payment.description, ''),
            'ordered_at', private.local_minute(p_payment.created_at, p_zone),
            'payer', coalesce(payer.full_name, learner.full_name),
            'payer_email', payer.email,
            'learner', learner.full_name,
            'instructor', instructor.display_name
        )
        from public.organizations organization
        join public.learners learner on learner.org_id = organization.id and learner.id = p_dispute.learner_id
        join public.instructors instructor on instructor.org_id = organization.id and instructor.id = p_dispute.instructor_id
        left join private.currencies currency on currency.code = p_dispute.currency
        left join public.profiles payer on payer.id = p_payment.payer_id
        where organization.id = p_dispute.org_id
    );
end;
$$;

create function private.local_minute(p_at timestamptz, p_zone text)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select to_char(p_at at time zone p_zone, 'YYYY-MM-DD HH24:MI');
$$;

-- Which versions of the terms the payer and the learner have accepted before the dispute, when and from where.
create function private.evidence_of_terms(p_dispute public.disputes, p_payment public.payments, p_zone text)
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
                    'version', terms.version,
                    'by', private.party_of_dispute(p_dispute, p_payment, accepted.user_id, null),
                    'accepted_at', private.local_minute(accepted.accepted_at, p_zone),
                    'ip', host(accepted.ip)
                )
                order by accepted.accepted_at
            ),
            '[]'
        )
        from public.terms_acceptances accepted
        join public.terms_versions terms on terms.org_id = accepted.org_id and terms.id = accepted.terms_id
        where accepted.org_id = p_dispute.org_id
            and accepted.accepted_at < p_dispute.opened_at
            and accepted.user_id = any (
                array(
                    select learner.user_id
                    from public.learners learner
                    where learner.org_id = p_dispute.org_id and learner.id = p_dispute.learner_id
                ) || p_payment.payer_id
            )
    );
end;
$$;

create function private.evidence_of_refunds(p_payment public.payments, p_zone text)
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
                    'at', private.local_minute(refund.created_at, p_zone), 'amount_cents', refund.amount_cents, 'status', refund.status
                )
                order by refund.created_at
            ),
            '[]'
        )
        from public.refunds refund
        where refund.org_id = p_payment.org_id
            and refund.payment_id = p_payment.id
    );
end;
$$;

-- The part that somebody has in a dispute: nobody else is named.
create function private.party_of_dispute(p_dispute public.disputes, p_payment public.payments, p_user_id uuid, p_actor_kind private.actor_kind)
    returns text
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when exists (
            select
            from public.learners learner
            where learner.org_id = p_dispute.org_id
                and learner.id = p_dispute.learner_id
                and learner.user_id = p_user_id
        ) then 'the learner'
        when p_user_id = p_payment.payer_id then 'the payer'
        when exists (
            select
            from public.instructors instructor
            where instructor.org_id = p_dispute.org_id
                and instructor.id = p_dispute.instructor_id
                and instructor.user_id = p_user_id
        ) then 'the instructor'
        when exists (
            select
            from public.guardians guardian
            join public.learner_guardians link on link.guardian_id = guardian.id
            where guardian.user_id = p_user_id
                and link.org_id = p_dispute.org_id
                and link.learner_id = p_dispute.learner_id
        ) then 'a guardian'
        when p_user_id is not null or p_actor_kind = 'studio' then 'an admin'
        when p_actor_kind = 'service' then 'the payment''s confirmation'
        else 'the system'
    end;
end;
$$;

-- Who made a change that the audit log tells of. What a service did for somebody, it did on what Stripe said.
create function private.party_of_change(p_dispute public.disputes, p_payment public.payments, p_log public.audit_logs)
    returns text
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return private.party_of_dispute(
        p_dispute, p_payment, case when p_log.actor_kind = 'user' then p_log.user_id end, p_log.actor_kind
    );
end;
$$;
