-- How a payout moves. Stripe is asked for a transfer only while a payout is "sending", and what was never answered is "unknown" until
-- it has been looked up: so nothing is sent twice. A payout becomes pending again before it is sent again, held or cancelled.
--
-- payout:
--   · → pending: open_payout_run (job)
--   pending → sending: claim_payout, apply_transfer (job, service)
--   pending → held: admin_hold_payout, claim_payout, record_transfer_failure (user, job, service, studio)
--   pending, failed → cancelled: admin_cancel_payout, admin_adopt_transfer, claim_payout (user, job, studio)
--   held → cancelled: admin_cancel_payout, admin_adopt_transfer, cancel_undisputed_payouts (user, job, service, studio)
--   sending → paid: record_transfer, apply_transfer (job, service)
--   sending → pending, failed, unknown: record_transfer_failure (job, service)
--   unknown → paid: record_transfer, apply_transfer (job, service)
--   unknown → pending: claim_payout, admin_adopt_transfer (user, job, service, studio)
--   failed → pending: claim_payout, apply_transfer, admin_release_payout, admin_hold_payout (user, job, service, studio)
--   held → pending: admin_release_payout, apply_transfer (user, job, service, studio)
--   paid → reversed: record_transfer, apply_transfer (job, service)
insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('payout', 'new', 'pending', '{job}'),
    ('payout', 'pending', 'sending', '{job,service}'),
    ('payout', 'pending', 'held', '{user,job,service,studio}'),
    ('payout', 'pending', 'cancelled', '{user,job,studio}'),
    ('payout', 'failed', 'cancelled', '{user,job,studio}'),
    ('payout', 'held', 'cancelled', '{user,job,service,studio}'),
    ('payout', 'sending', 'paid', '{job,service}'),
    ('payout', 'sending', 'pending', '{job,service}'),
    ('payout', 'sending', 'failed', '{job,service}'),
    ('payout', 'sending', 'unknown', '{job,service}'),
    ('payout', 'unknown', 'paid', '{job,service}'),
    ('payout', 'unknown', 'pending', '{user,job,service,studio}'),
    ('payout', 'failed', 'pending', '{user,job,service,studio}'),
    ('payout', 'held', 'pending', '{user,job,service,studio}'),
    ('payout', 'paid', 'reversed', '{job,service}');
