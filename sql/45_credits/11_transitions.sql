-- A lot is pending until its payment succeeds, even one that arrives after the lot was cancelled for not being paid in time.
-- It is frozen while the payment is disputed.
--
-- credit:
--   · → pending: buy_credits, import_hours (user, service, job, studio)
--   pending, cancelled → active: activate_credit (service, job)
--   pending → cancelled: expire_purchases, withdraw_hours (user, service, job, studio)
--   active → frozen: freeze_credit (service, job)
--   frozen → active: freeze_credit (service, job)

insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('credit', 'new', 'pending', '{user,service,job,studio}'),
    ('credit', 'pending', 'active', '{service,job}'),
    ('credit', 'pending', 'cancelled', '{user,service,job,studio}'),
    ('credit', 'cancelled', 'active', '{service,job}'),
    ('credit', 'active', 'frozen', '{service,job}'),
    ('credit', 'frozen', 'active', '{service,job}');
