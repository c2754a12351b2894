-- What is held about learners: who they are, their lessons, and their money. Addresses of others, keys of clients and the names of admins
-- who decided are left out.
create function private.rows_about_learners(p_learner_ids uuid[])
    returns table (table_name text, content jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select 'public.learners', to_jsonb(learner) from public.learners learner where learner.id = any (p_learner_ids)
    union all
    select 'public.learner_contacts', to_jsonb(contact) from public.learner_contacts contact where contact.learner_id = any (p_learner_ids)
    union all
    select 'public.learner_details', to_jsonb(details) from public.learner_details details where details.learner_id = any (p_learner_ids)
    union all
    select 'public.learner_guardians', to_jsonb(link) - '{guardian_email,invited_by}'::text[]
    from public.learner_guardians link
    where link.learner_id = any (p_learner_ids)
    union all
    select 'public.learner_tests', to_jsonb(test) from public.learner_tests test where test.learner_id = any (p_learner_ids)
    union all
    select 'public.trip_consents', to_jsonb(consent) from public.trip_consents consent where consent.learner_id = any (p_learner_ids)
    union all
    select 'public.waiting_list_entries', to_jsonb(entry) from public.waiting_list_entries entry where entry.learner_id = any (p_learner_ids)
    union all
    select 'private.waiting_offers', to_jsonb(offer)
    from private.waiting_offers offer
    join public.waiting_list_entries entry on entry.org_id = offer.org_id and entry.id = offer.entry_id
    where entry.learner_id = any (p_learner_ids)
    union all
    select 'public.invitations', to_jsonb(invitation) - '{invited_by}'::text[]
    from public.invitations invitation
    where invitation.learner_id = any (p_learner_ids)
    union all
    select 'public.instructor_learners', to_jsonb(known) from public.instructor_learners known where known.learner_id = any (p_learner_ids)
    union all
    select 'private.person_calendar', to_jsonb(entry) from private.person_calendar entry where entry.learner_id = any (p_learner_ids)
    union all
    select 'public.alerts', to_jsonb(alert) - '{idempotency_key}'::text[]
    from public.alerts alert
    where alert.learner_id = any (p_learner_ids)
    union all
    select 'public.messages', to_jsonb(message) - '{dedupe_key,claimed_by}'::text[]
    from public.messages message
    where message.learner_id = any (p_learner_ids)
        and message.recipient_id is null
    union all
    select 'public.message_contents', to_jsonb(content) - '{unsubscribe_token}'::text[]
    from public.messages message
    join public.message_contents content on content.org_id = message.org_id and content.message_id = message.id
    where message.learner_id = any (p_learner_ids)
        and message.recipient_id is null;
$$;

-- The lessons that learners booked and took, with what was written, measured and said about them.
create function private.rows_of_lessons_taken(p_learner_ids uuid[])
    returns table (table_name text, content jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select 'public.bookings', to_jsonb(booking) - '{client_key}'::text[]
    from public.bookings booking
    where booking.learner_id = any (p_learner_ids)
    union all
    select 'public.booking_notes', to_jsonb(note)
    from public.booking_notes note
    join public.bookings booking on booking.org_id = note.org_id and booking.id = note.booking_id
    where booking.learner_id = any (p_learner_ids)
    union all
    select 'public.booking_series', to_jsonb(series) from public.booking_series series where series.learner_id = any (p_learner_ids)
    union all
    select 'public.lessons', to_jsonb(lesson) from public.lessons lesson where lesson.learner_id = any (p_learner_ids)
    union all
    select 'public.trips', to_jsonb(trip) from public.trips trip where trip.learner_id = any (p_learner_ids)
    union all
    select 'private.trip_points', to_jsonb(point)
    from private.trip_points point
    join public.trips trip on trip.org_id = point.org_id and trip.id = point.trip_id
    where trip.learner_id = any (p_learner_ids)
    union all
    select 'public.lesson_claims', to_jsonb(claim) - '{decided_by_person}'::text[]
    from public.lesson_claims claim
    where claim.learner_id = any (p_learner_ids)
    union all
    select 'public.lesson_ratings', to_jsonb(rated) from public.lesson_ratings rated where rated.learner_id = any (p_learner_ids)
    union all
    select 'public.skill_assessments', to_jsonb(assessment)
    from public.skill_assessments assessment
    where assessment.learner_id = any (p_learner_ids)
    union all
    select 'public.problem_reports', to_jsonb(report) from public.problem_reports report where report.learner_id = any (p_learner_ids);
$$;

-- What learners bought, paid, got back and were rewarded with.
create function private.rows_of_money_spent(p_learner_ids uuid[])
    returns table (table_name text, content jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select 'public.orders', to_jsonb(ordered) from public.orders ordered where ordered.learner_id = any (p_learner_ids)
    union all
    select 'public.order_items', to_jsonb(item) from public.order_items item where item.learner_id = any (p_learner_ids)
    union all
    select 'public.order_withdrawals', to_jsonb(withdrawal)
    from public.order_withdrawals withdrawal
    where withdrawal.learner_id = any (p_learner_ids)
    union all
    select 'public.learner_credits', to_jsonb(credit) - '{client_key}'::text[]
    from public.learner_credits credit
    where credit.learner_id = any (p_learner_ids)
    union all
    select 'public.credit_entries', to_jsonb(entry) from public.credit_entries entry where entry.learner_id = any (p_learner_ids)
    union all
    select 'public.payments', to_jsonb(payment) - '{metadata}'::text[]
    from public.payments payment
    where payment.learner_id = any (p_learner_ids)
    union all
    select 'public.payment_items', to_jsonb(item) from public.payment_items item where item.learner_id = any (p_learner_ids)
    union all
    select 'public.refunds', to_jsonb(refund) - '{client_key,metadata}'::text[]
    from public.refunds refund
    where refund.learner_id = any (p_learner_ids)
    union all
    select 'public.disputes', to_jsonb(dispute) from public.disputes dispute where dispute.learner_id = any (p_learner_ids)
    union all
    select 'public.outside_payments', to_jsonb(paid) - '{recorded_by}'::text[]
    from public.outside_payments paid
    where paid.learner_id = any (p_learner_ids)
    union all
    select 'public.code_redemptions', to_jsonb(redemption)
    from public.code_redemptions redemption
    where redemption.learner_id = any (p_learner_ids)
    union all
    select 'public.referral_codes', to_jsonb(referral)
    from public.referral_codes referral
    where referral.referrer_id = any (p_learner_ids)
    union all
    select 'public.referral_rewards', to_jsonb(reward) from public.referral_rewards reward where reward.referrer_id = any (p_learner_ids);
$$;
