-- A lot is pending until its payment succeeds, even one that arrives after the lot was cancelled for not being paid in time.
-- It is frozen while the payment is disputed, and closed once disputes over all of it are lost; if one of them is won after all, it is
-- active again.
--
-- credit:
--   · → pending: buy_credits (user, service, studio)
--   pending, cancelled → active: activate_credit (service, job)
--   pending → cancelled: expire_purchases (user, service, job, studio)
--   active → frozen, closed: take_lost_minutes (service, job)
--   frozen → active, closed: take_lost_minutes (service, job)
--   closed → active, frozen: take_lost_minutes (service, job)

insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('credit', 'new', 'pending', '{user,service,studio}'),
    ('credit', 'pending', 'active', '{service,job}'),
    ('credit', 'pending', 'cancelled', '{user,service,job,studio}'),
    ('credit', 'cancelled', 'active', '{service,job}'),
    ('credit', 'active', 'frozen', '{service,job}'),
    ('credit', 'active', 'closed', '{service,job}'),
    ('credit', 'frozen', 'active', '{service,job}'),
    ('credit', 'frozen', 'closed', '{service,job}'),
    ('credit', 'closed', 'active', '{service,job}'),
    ('credit', 'closed', 'frozen', '{service,job}');
