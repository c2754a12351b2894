-- How an earning moves. It counts for the payee from "available" on: that is when the ledger turns what is pending into what is
-- payable. Earnings of a payee that sum to exactly zero are closed on payday: nothing is paid for them. Nothing is frozen
-- without an open cause (has_freezing_cause).
--
-- earning:
--   · → pending: earn_item, accrue_expiry (user, service, job, studio)
--   · → available: post_payout_reversal, correct_payout_amount, post_adopted_transfer, admin_write_off_balance, charge_instructor_fees
--       (user, service, job, studio)
--   pending → available: make_earnings_available (service, job)
--   pending → frozen: earn_item, report_problem, refreeze_earnings (user, service, job, studio)
--   frozen → pending: refreeze_earnings (user, service, job, studio)
--   available → paid: mark_payout_paid (service, job)
--   available → closed: create_payouts (service, job)
insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('earning', 'new', 'pending', '{user,service,job,studio}'),
    ('earning', 'new', 'available', '{user,service,job,studio}'),
    ('earning', 'pending', 'available', '{service,job}'),
    ('earning', 'pending', 'frozen', '{user,service,job,studio}'),
    ('earning', 'frozen', 'pending', '{user,service,job,studio}'),
    ('earning', 'available', 'paid', '{service,job}'),
    ('earning', 'available', 'closed', '{service,job}');
