-- Cancellations: what follows when a booking does not take place as agreed, and who gets which money back.
--
-- 20_outcome decides what a cancellation or no-show refunds and what the instructor keeps, and 21_ended_bookings carries it out,
-- whoever ends the booking; 30 to 43 are the use cases cancel (one booking, a series, a day), no-show (claimed, answered, settled), a time
-- that is sold again after a late cancellation, withdraw, reschedule and reassign; 50 to 55 are refunds that a person requests
-- or an admin makes, and what becomes of hours that expire; 60 to 62 end many bookings at once.
--
-- Frontends call the functions of 80_api; 95_operations calls settle_due_claims, void_ageing_authorizations, expire_credits and
-- refund_resold_times. 82_effects calls the functions that end a booking's order item and refund it once its status has changed, whoever
-- changed it. The room has one table, the receipts of withdrawals: bookings are in 50_bookings, their items in 48_orders, payments and
-- refunds in 60_payments.
create type private.cancellation_outcome as (
    ending public.order_item_ending,
    refund_bps integer,
    cancellation_refund_cents bigint,
    restored_minutes integer,
    kept_cents bigint,
    kept_share_cents bigint
);
comment on type private.cancellation_outcome is 'What a cancellation or no-show refunds and restores, and what is kept.';

create table public.order_withdrawals (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    order_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    currency text not null,
    refund_cents bigint not null,
    restored_minutes integer not null,
    refunded_minutes integer not null,
    booking_ids uuid[] not null,
    withdrawn_by uuid references public.profiles (id) on delete set null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, order_id),
    foreign key (org_id, order_id) references public.orders (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint amounts_are_not_negative check (least(refund_cents, restored_minutes, refunded_minutes) >= 0)
);

create index on public.order_withdrawals (learner_id);
create index on public.order_withdrawals (instructor_id);
create index on public.order_withdrawals (withdrawn_by);

comment on table public.order_withdrawals is
    'The receipt of a withdrawal from an order within 14 days: what was withdrawn, when and by whom, and what comes back. Append-only.';
comment on column public.order_withdrawals.refund_cents is 'What goes back to the payer''s card, in the minor unit of currency.';
comment on column public.order_withdrawals.restored_minutes is 'Prepaid minutes that lessons gave back to their lots.';
comment on column public.order_withdrawals.refunded_minutes is 'Unused prepaid minutes of the order that are paid back.';
comment on column public.order_withdrawals.booking_ids is 'The lessons that were withdrawn; those given, and those not named, are kept.';

alter table public.order_withdrawals enable row level security;

-- Who withdrew may be forgotten, with the login.
create trigger forbid_change
    before update of
        id, org_id, order_id, learner_id, instructor_id, currency, refund_cents, restored_minutes, refunded_minutes, booking_ids, created_at
    or delete on public.order_withdrawals
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.order_withdrawals
    for each statement execute function private.forbid_change();

select private.audit_table('public.order_withdrawals', 'id');
