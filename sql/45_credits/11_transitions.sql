-- A lot is pending until its payment succeeds, even one that arrives after the lot was cancelled for not being paid in time.
-- It is frozen while the payment is disputed, and closed when the dispute is lost.
--
-- credit:
--   · → pending: buy_credits (user, service, studio)
--   pending, cancelled → active: activate_credit (service, job)
--   pending → cancelled: expire_purchases (user, service, job, studio)
--   active → frozen: post_credit_dispute_result (service, job)
--   frozen → active: post_credit_dispute_result (service, job)
--   frozen → closed: write_off_credit (service, job)
--   active → closed: write_off_credit (user, service, job)

insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('credit', 'new', 'pending', '{user,service,studio}'),
    ('credit', 'pending', 'active', '{service,job}'),
    ('credit', 'pending', 'cancelled', '{user,service,job,studio}'),
    ('credit', 'cancelled', 'active', '{service,job}'),
    ('credit', 'active', 'frozen', '{service,job}'),
    ('credit', 'frozen', 'active', '{service,job}'),
    ('credit', 'frozen', 'closed', '{service,job}'),
    ('credit', 'active', 'closed', '{user,service,job}');
