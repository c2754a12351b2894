-- Cancellations: what follows when a booking does not take place as agreed, and who gets which money back.
--
-- 20_outcome decides what a cancellation or no-show refunds and what the instructor keeps, and 21_ended_bookings carries it out,
-- whoever ends the booking; 30 to 41 are the use cases cancel (one booking, a series, a day), no-show, a time
-- that is sold again after a late cancellation, and reschedule; 50 to 55 are refunds that a person requests
-- or an admin makes, and what becomes of hours that expire; 60 to 62 end many bookings at once.
--
-- Frontends call the functions of 80_api; 95_operations calls void_ageing_authorizations, expire_credits and refund_resold_times.
-- 82_effects calls the functions that end a booking's order item and refund it once its status has changed, whoever changed it. The room
-- has no tables: bookings are in 50_bookings, their items in 48_orders, payments and refunds in 60_payments.
create type private.cancellation_outcome as (
    ending public.order_item_ending,
    refund_bps integer,
    cancellation_refund_cents bigint,
    restored_minutes integer,
    kept_cents bigint,
    kept_share_cents bigint
);
comment on type private.cancellation_outcome is 'What a cancellation or no-show refunds and restores, and what is kept.';
