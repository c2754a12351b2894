-- What is held about instructors: who they are and what they offer, the lessons that they gave, and the money that they earned. What learners
-- wrote, and where they live, is the learners'.
create function private.rows_about_instructors(p_instructor_ids uuid[])
    returns table (table_name text, content jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select 'public.instructors', to_jsonb(instructor) from public.instructors instructor where instructor.id = any (p_instructor_ids)
    union all
    select 'public.instructor_details', to_jsonb(details)
    from public.instructor_details details
    where details.instructor_id = any (p_instructor_ids)
    union all
    select 'public.instructor_documents', to_jsonb(document) - '{decided_by}'::text[]
    from public.instructor_documents document
    where document.instructor_id = any (p_instructor_ids)
    union all
    select 'public.services', to_jsonb(service) from public.services service where service.instructor_id = any (p_instructor_ids)
    union all
    select 'public.service_materials', to_jsonb(material)
    from public.service_materials material
    where material.instructor_id = any (p_instructor_ids)
    union all
    select 'public.availability_windows', to_jsonb(available)
    from public.availability_windows available
    where available.instructor_id = any (p_instructor_ids)
    union all
    select 'public.availability_exceptions', to_jsonb(exception)
    from public.availability_exceptions exception
    where exception.instructor_id = any (p_instructor_ids)
    union all
    select 'public.bookable_slots', to_jsonb(slot) from public.bookable_slots slot where slot.instructor_id = any (p_instructor_ids)
    union all
    select 'public.busy_times', to_jsonb(busy) from public.busy_times busy where busy.instructor_id = any (p_instructor_ids)
    union all
    select 'public.learner_tests', to_jsonb(test) - '{learner_id,note,outcome}'::text[]
    from public.learner_tests test
    where test.instructor_id = any (p_instructor_ids)
    union all
    select 'private.freed_times', to_jsonb(freed) from private.freed_times freed where freed.instructor_id = any (p_instructor_ids)
    union all
    select 'private.person_calendar', to_jsonb(entry) from private.person_calendar entry where entry.instructor_id = any (p_instructor_ids)
    union all
    select 'public.invitations', to_jsonb(invitation) - '{invited_by}'::text[]
    from public.invitations invitation
    where invitation.instructor_id = any (p_instructor_ids)
    union all
    select 'public.instructor_learners', to_jsonb(known)
    from public.instructor_learners known
    where known.instructor_id = any (p_instructor_ids)
    union all
    select 'public.alerts', to_jsonb(alert) - '{idempotency_key}'::text[]
    from public.alerts alert
    where alert.instructor_id = any (p_instructor_ids);
$$;

-- The lessons that instructors gave, with what they wrote about them and what was said of them.
create function private.rows_of_lessons_given(p_instructor_ids uuid[])
    returns table (table_name text, content jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        'public.bookings',
        to_jsonb(booking) - '{client_key,learner_notes,cancellation_reason}'::text[]
        - '{pickup_address,pickup_lat,pickup_lng,dropoff_address,dropoff_lat,dropoff_lng}'::text[]
    from public.bookings booking
    where booking.instructor_id = any (p_instructor_ids)
    union all
    select 'public.booking_notes', to_jsonb(note) from public.booking_notes note where note.instructor_id = any (p_instructor_ids)
    union all
    select 'public.booking_series', to_jsonb(series) from public.booking_series series where series.instructor_id = any (p_instructor_ids)
    union all
    select 'public.lessons', to_jsonb(lesson) from public.lessons lesson where lesson.instructor_id = any (p_instructor_ids)
    union all
    select 'public.trips', to_jsonb(trip) from public.trips trip where trip.instructor_id = any (p_instructor_ids)
    union all
    select 'public.lesson_claims', to_jsonb(claim) - '{statement,answer,claimed_by,contested_by,decided_by_person}'::text[]
    from public.lesson_claims claim
    where claim.instructor_id = any (p_instructor_ids)
    union all
    select 'public.lesson_ratings', to_jsonb(rated) - '{rated_by}'::text[]
    from public.lesson_ratings rated
    where rated.instructor_id = any (p_instructor_ids)
    union all
    select 'public.skill_assessments', to_jsonb(assessment)
    from public.skill_assessments assessment
    where assessment.instructor_id = any (p_instructor_ids)
    union all
    select 'public.problem_reports', to_jsonb(report) - '{reported_by,description}'::text[]
    from public.problem_reports report
    where report.instructor_id = any (p_instructor_ids)
    union all
    select 'public.waiting_list_entries', to_jsonb(entry) - '{max_total_cents}'::text[]
    from public.waiting_list_entries entry
    where entry.instructor_id = any (p_instructor_ids)
    union all
    select 'private.waiting_offers', to_jsonb(offer) from private.waiting_offers offer where offer.instructor_id = any (p_instructor_ids);
$$;

-- What instructors sold, earned and were paid, and the accounts that they are paid to.
create function private.rows_of_money_earned(p_instructor_ids uuid[])
    returns table (table_name text, content jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select 'public.earnings', to_jsonb(earning) from public.earnings earning where earning.instructor_id = any (p_instructor_ids)
    union all
    select 'public.payouts', to_jsonb(payout) - '{metadata}'::text[]
    from public.payouts payout
    where payout.instructor_id = any (p_instructor_ids)
    union all
    select 'public.payout_items', to_jsonb(item) from public.payout_items item where item.instructor_id = any (p_instructor_ids)
    union all
    select 'public.payout_run_results', to_jsonb(result)
    from public.payout_run_results result
    where result.instructor_id = any (p_instructor_ids)
    union all
    select 'public.bank_payouts', to_jsonb(payout) from public.bank_payouts payout where payout.instructor_id = any (p_instructor_ids)
    union all
    select 'public.stripe_connect_accounts', to_jsonb(account)
    from public.stripe_connect_accounts account
    where account.instructor_id = any (p_instructor_ids)
    union all
    select 'public.connect_account_details', to_jsonb(details)
    from public.connect_account_details details
    join public.stripe_connect_accounts account on account.org_id = details.org_id and account.id = details.connect_account_id
    where account.instructor_id = any (p_instructor_ids)
    union all
    select 'private.connect_links', to_jsonb(link) from private.connect_links link where link.instructor_id = any (p_instructor_ids)
    union all
    select 'private.unbooked_transfers', to_jsonb(transfer)
    from private.unbooked_transfers transfer
    where transfer.instructor_id = any (p_instructor_ids)
    union all
    select 'public.orders', to_jsonb(ordered) from public.orders ordered where ordered.instructor_id = any (p_instructor_ids)
    union all
    select 'public.order_items', to_jsonb(item) from public.order_items item where item.instructor_id = any (p_instructor_ids)
    union all
    select 'public.order_withdrawals', to_jsonb(withdrawal)
    from public.order_withdrawals withdrawal
    where withdrawal.instructor_id = any (p_instructor_ids)
    union all
    select 'public.learner_credits', to_jsonb(credit) - '{client_key,bought_by}'::text[]
    from public.learner_credits credit
    where credit.instructor_id = any (p_instructor_ids)
    union all
    select 'public.credit_entries', to_jsonb(entry) from public.credit_entries entry where entry.instructor_id = any (p_instructor_ids)
    union all
    select 'public.payments', to_jsonb(payment) - '{payer_id,description,metadata}'::text[]
    from public.payments payment
    where payment.instructor_id = any (p_instructor_ids)
    union all
    select 'public.payment_items', to_jsonb(item) from public.payment_items item where item.instructor_id = any (p_instructor_ids)
    union all
    select 'public.refunds', to_jsonb(refund) - '{requested_by,reason,client_key,metadata}'::text[]
    from public.refunds refund
    where refund.instructor_id = any (p_instructor_ids)
    union all
    select 'public.disputes', to_jsonb(dispute) from public.disputes dispute where dispute.instructor_id = any (p_instructor_ids)
    union all
    select 'public.outside_payments', to_jsonb(paid) - '{recorded_by}'::text[]
    from public.outside_payments paid
    where paid.instructor_id = any (p_instructor_ids)
    union all
    select 'public.seller_details', to_jsonb(seller) from public.seller_details seller where seller.instructor_id = any (p_instructor_ids)
    union all
    select 'public.fee_invoices', to_jsonb(document) - '{payer_id}'::text[]
    from public.fee_invoices document
    where document.instructor_id = any (p_instructor_ids)
        and document.bearer = 'payee';
$$;
