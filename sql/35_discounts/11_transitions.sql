-- A discount is reserved with its order, redeemed when that is paid, and released when it can no longer be paid or has been
-- refunded in full; if such a refund fails after all, it is redeemed again. Rewards that were redeemed have left the learner's
-- account, and return with what is refunded.
--
-- redemption:
--   · → reserved: reserve_discount (user, service, studio)
--   reserved → redeemed: activate_credit, on_booking_changed (user, service, job)
--   reserved → released: cancel_open_payment, undo_cancelled_payment (user, service, job, studio)
--   redeemed → released: return_discount (user, service, job, studio)
--   released → redeemed: return_discount (service, job)

insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('redemption', 'new', 'reserved', '{user,service,studio}'),
    ('redemption', 'reserved', 'redeemed', '{user,service,job}'),
    ('redemption', 'reserved', 'released', '{user,service,job,studio}'),
    ('redemption', 'redeemed', 'released', '{user,service,job,studio}'),
    ('redemption', 'released', 'redeemed', '{service,job}');
