-- Invariants: everything that must always be true and that SQL can check. Each is a view, in a file of its own, that bears as its name
-- what must hold; its rows are the violations, with the ids to look at, and in health it has none. 20 to 24 are about the calendar, 30
-- about the ledger, 35 payments and refunds, 45 earnings, 55 payouts, 65 prepaid minutes, 70 codes, rewards, disputes and Stripe's ids, 80 records.
--
-- A new one is a file here, a line in 85_check.sql, and a violation planted in tests/invariants/.

-- One row for each violation of an invariant; no row when all is well. `jobs doctor` lists them, the payout job asks before it pays, and
-- most tests ask at their end.
-- Definer: the jobs have no access to the tables.
create function private.check_invariants()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'seats_are_counted', violation.detail from private.seats_are_counted violation
    union all
    select 'taken_slots_are_in_the_calendar', violation.detail from private.taken_slots_are_in_the_calendar violation
    union all
    select 'bookings_are_where_their_slots_are', violation.detail from private.bookings_are_where_their_slots_are violation
    union all
    select 'instructors_are_never_double_booked', violation.detail from private.instructors_are_never_double_booked violation
    union all
    select 'learners_are_never_double_booked', violation.detail from private.learners_are_never_double_booked violation
    union all
    select 'bookings_are_in_the_calendar', violation.detail from private.bookings_are_in_the_calendar violation
    union all
    select 'open_bookings_have_not_ended', violation.detail from private.open_bookings_have_not_ended violation
    union all
    select 'ledger_transactions_sum_to_zero', violation.detail from private.ledger_transactions_sum_to_zero violation
    union all
    select 'balances_are_sums_of_entries', violation.detail from private.balances_are_sums_of_entries violation
    union all
    select 'suspense_is_explained', violation.detail from private.suspense_is_explained violation
    union all
    select 'what_organizations_owe_each_other_sums_to_zero', violation.detail from private.what_organizations_owe_each_other_sums_to_zero violation
    union all
    select 'payments_are_posted_once', violation.detail from private.payments_are_posted_once violation
    union all
    select 'refunds_are_posted_once', violation.detail from private.refunds_are_posted_once violation
    union all
    select 'refunds_are_at_most_what_was_captured', violation.detail from private.refunds_are_at_most_what_was_captured violation
    union all
    select 'confirmed_bookings_are_paid', violation.detail from private.confirmed_bookings_are_paid violation
    union all
    select 'payments_are_the_sum_of_their_items', violation.detail from private.payments_are_the_sum_of_their_items violation
    union all
    select 'what_is_due_is_being_refunded', violation.detail from private.what_is_due_is_being_refunded violation
    union all
    select 'what_was_paid_outside_is_recorded', violation.detail from private.what_was_paid_outside_is_recorded violation
    union all
    select 'lessons_paid_later_are_charged', violation.detail from private.lessons_paid_later_are_charged violation
    union all
    select 'fees_are_invoiced', violation.detail from private.fees_are_invoiced violation
    union all
    select 'invoice_numbers_have_no_gaps', violation.detail from private.invoice_numbers_have_no_gaps violation
    union all
    select 'cash_is_posted_as_it_moved', violation.detail from private.cash_is_posted_as_it_moved violation
    union all
    select 'ended_items_are_earned', violation.detail from private.ended_items_are_earned violation
    union all
    select 'ended_bookings_have_ended_items', violation.detail from private.ended_bookings_have_ended_items violation
    union all
    select 'frozen_earnings_have_a_cause', violation.detail from private.frozen_earnings_have_a_cause violation
    union all
    select 'pending_agrees_with_payments_and_earnings', violation.detail from private.pending_agrees_with_payments_and_earnings violation
    union all
    select 'earnings_agree_with_the_ledger', violation.detail from private.earnings_agree_with_the_ledger violation
    union all
    select 'earnings_are_paid_by_their_payouts', violation.detail from private.earnings_are_paid_by_their_payouts violation
    union all
    select 'payouts_are_sums_of_their_items', violation.detail from private.payouts_are_sums_of_their_items violation
    union all
    select 'payout_items_are_their_earnings', violation.detail from private.payout_items_are_their_earnings violation
    union all
    select 'payouts_are_posted_once', violation.detail from private.payouts_are_posted_once violation
    union all
    select 'reversals_are_posted', violation.detail from private.reversals_are_posted violation
    union all
    select 'adopted_transfers_are_posted', violation.detail from private.adopted_transfers_are_posted violation
    union all
    select 'transit_agrees_with_unsettled_payouts', violation.detail from private.transit_agrees_with_unsettled_payouts violation
    union all
    select 'subscription_revenue_is_what_was_received', violation.detail from private.subscription_revenue_is_what_was_received violation
    union all
    select 'minutes_are_sums_of_their_entries', violation.detail from private.minutes_are_sums_of_their_entries violation
    union all
    select 'minutes_are_reserved_for_lessons_ahead', violation.detail from private.minutes_are_reserved_for_lessons_ahead violation
    union all
    select 'prepaid_money_is_that_of_unused_minutes', violation.detail from private.prepaid_money_is_that_of_unused_minutes violation
    union all
    select 'uses_are_counted', violation.detail from private.uses_are_counted violation
    union all
    select 'discounts_have_their_redemption', violation.detail from private.discounts_have_their_redemption violation
    union all
    select 'rewards_agree_with_the_ledger', violation.detail from private.rewards_agree_with_the_ledger violation
    union all
    select 'claims_are_those_of_open_disputes', violation.detail from private.claims_are_those_of_open_disputes violation
    union all
    select 'only_lost_disputes_cost_anything', violation.detail from private.only_lost_disputes_cost_anything violation
    union all
    select 'losses_are_those_of_disputes', violation.detail from private.losses_are_those_of_disputes violation
    union all
    select 'ratings_are_counted', violation.detail from private.ratings_are_counted violation
    union all
    select 'stripe_ids_lead_to_their_rows', violation.detail from private.stripe_ids_lead_to_their_rows violation
    union all
    select 'received_events_are_processed', violation.detail from private.received_events_are_processed violation
    union all
    select 'leases_end', violation.detail from private.leases_end violation
    union all
    select 'rows_are_audited', violation.detail from private.rows_are_audited violation;
end;
$$;

comment on function private.check_invariants is 'One row for each violation, with the ids to look at; no row when all is well.';
