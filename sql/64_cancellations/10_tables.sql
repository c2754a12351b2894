-- Cancellations: what follows when a booking does not take place as agreed, and who gets which money back.
--
-- 20_outcome decides what a cancellation or no-show refunds and what the instructor keeps, and 21_ended_bookings carries it out,
-- whoever ends the booking; 30 to 41 are the use cases cancel (one booking, a series, a day), no-show and reschedule; 50 and 51 are
-- refunds that a person requests or an admin makes; 60 and 61 end many bookings at once. The only table holds what was decided to go
-- back; bookings are in 50_bookings, payments and refunds in 60_payments.
--
-- Frontends call the functions of 80_api; 95_operations calls void_ageing_authorizations. 82_effects calls the functions that
-- refund a booking once its status has changed, whoever changed it.
create table private.return_items (
    org_id uuid not null,
    booking_id uuid not null,
    payment_id uuid not null,
    refund_cents bigint not null,
    decided_at timestamptz not null default private.clock(),
    primary key (org_id, booking_id, payment_id),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    constraint refund_is_not_negative check (refund_cents >= 0)
);

create index on private.return_items (org_id, payment_id);

comment on table private.return_items is
    'What the end of a booking gives back of each of its payments: decided once, under the locks of the payments, and then '
    'carried out by refund_booking.';
comment on column private.return_items.refund_cents is
    'The amount to refund; of an authorization, the amount that is not captured. In the minor unit.';

alter table private.return_items enable row level security;

create type private.cancellation_outcome as (
    refund_bps integer,
    cancellation_refund_cents bigint,
    restored_minutes integer,
    kept_cents bigint,
    kept_share_cents bigint,
    items private.return_items array
);
comment on type private.cancellation_outcome is
    'What a cancellation or no-show refunds and restores, in all and by payment, and what is kept.';

create trigger forbid_change
    before update or delete on private.return_items
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.return_items
    for each statement execute function private.forbid_change();
