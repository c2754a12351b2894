-- Payments: money that learners pay through Stripe, and money that goes back to them.
--
-- payments        one attempt to collect money for an order (one Stripe PaymentIntent), its split frozen
-- payment_items   which payment pays how much of which item of the order
-- refunds         money going back to the payer, whether we or Stripe's Dashboard began it
-- return_items    which refund, or dispute (62), took how much of which item back
-- suspense_items, suspense_refunds   money that matches no payment, and what was refunded of it (13_suspense_items)
-- open_payments   the payments that have not ended (14_open_payments)
-- outside_payments  what was paid to instructors and schools, in cash or by bank transfer (15_outside_payments)
--
-- The webhook service calls open_payment (checkout) and record_payment_intent; 85_webhooks hands in Stripe's events through
-- apply_payment_intent, apply_charge and apply_refund; the jobs call compare_refund, record_refund, record_refund_failure,
-- record_processing_fee, record_suspense_fee and record_stripe_fees; 95_operations calls expire_purchases and
-- enqueue_stripe_fees. 64_cancellations decides refunds: create_refund, capture_payment.
-- Disputes are in 62_disputes. Every cent is posted to 20_ledger; every call to Stripe leaves through 25_outbox.
create type public.payment_kind as enum ('booking', 'credits');
create type public.payment_status as enum (
    'requires_payment', 'requires_action', 'processing', 'authorized', 'succeeded', 'cancelled', 'unknown'
);
create type public.refund_status as enum (
    'requested', 'pending', 'requires_action', 'succeeded', 'failed', 'cancelled', 'declined'
);

create table public.payments (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    kind public.payment_kind not null default 'booking',
    order_id uuid not null,
    payer_id uuid references public.profiles (id) on delete set null,
    learner_id uuid not null,
    instructor_id uuid not null,
    currency text not null,
    list_cents bigint not null,
    discount_cents bigint not null,
    fee_cents bigint not null,
    share_cents bigint not null,
    amount_cents bigint not null,
    is_fee_refundable boolean not null default true,
    minutes integer not null,
    capture_method public.capture_mode not null default 'automatic',
    is_accepted boolean not null default false,
    is_replaced boolean not null default false,
    status public.payment_status not null default 'requires_payment',
    authorized_cents bigint not null default 0,
    captured_cents bigint not null default 0,
    uncaptured_cents bigint not null default 0,
    refunded_cents bigint not null default 0,
    is_disputed boolean not null default false,
    lost_cents bigint not null default 0,
    authorized_at timestamptz,
    processing_fee_cents bigint,
    funds_available_at timestamptz,
    stripe_payment_intent_id text,
    stripe_charge_id text,
    last_event_at timestamptz,
    failure_code text,
    failure_message text,
    description text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, order_id) references public.orders (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amounts_are_not_negative check (least(list_cents, discount_cents, fee_cents, share_cents) >= 0),
    constraint amount_can_be_charged check (amount_cents between 1 and 99999999),
    constraint amount_is_share_plus_fee_minus_discount check (amount_cents = share_cents + fee_cents - discount_cents),
    constraint minutes_are_positive check (minutes > 0),
    constraint money_taken_is_at_most_the_amount check (
        authorized_cents between 0 and amount_cents and captured_cents between 0 and amount_cents
    ),
    constraint money_returned_is_at_most_the_amount check (
        least(uncaptured_cents, refunded_cents, lost_cents) >= 0
        and uncaptured_cents + refunded_cents + lost_cents <= amount_cents
    ),
    constraint only_an_authorization_is_left_uncaptured check (uncaptured_cents = 0 or capture_method = 'manual'),
    constraint a_success_captured_the_rest check (status <> 'succeeded' or captured_cents = amount_cents - uncaptured_cents),
    constraint a_success_captured_money check ((status = 'succeeded') = (captured_cents > 0)),
    constraint intent_id_is_stripes check (stripe_payment_intent_id ~ '^pi_'),
    constraint processing_fee_is_not_negative check (processing_fee_cents >= 0)
) with (fillfactor = 80);

create index on public.payments (org_id, order_id);
create index on public.payments (payer_id);
create index on public.payments (learner_id);
create index on public.payments (instructor_id);

-- No index names a column that an event changes, and pages keep room, so that updates are HOT: they write no index.
comment on table public.payments is
    'One attempt to collect money: a Stripe PaymentIntent, with its split frozen. Refunds and disputes are amounts, not '
    'statuses.';
comment on column public.payments.payer_id is 'Who pays; null once that login was erased.';
comment on column public.payments.amount_cents is 'The amount charged, in the minor unit: share + fee - discount.';
comment on column public.payments.is_fee_refundable is
    'Whether refunds include the platform''s fee: the organization''s setting when the payment was opened.';
comment on column public.payments.minutes is 'Minutes of the instructor''s time that this pays for.';
comment on column public.payments.capture_method is
    'manual: the bank only authorizes the money; it is captured after the lesson.';
comment on column public.payments.is_accepted is
    'Whether the payment has paid for something of its order. Money that arrives too late or twice is not accepted and is refunded.';
comment on column public.payments.is_replaced is
    'Whether its order has changed since it was opened, so that another payment takes its place and this one is cancelled.';
comment on column public.payments.uncaptured_cents is
    'The part of an authorization that is never captured; decided when the capture is requested.';
comment on column public.payments.is_disputed is 'A dispute is open, so the payment is neither refunded nor paid out.';
comment on column public.payments.lost_cents is 'The part of the payment that lost disputes have taken.';
comment on column public.payments.description is 'Text on Stripe''s payment page and receipt.';
comment on column public.payments.refunded_cents is 'Sum of the refunds that succeeded.';
comment on column public.payments.processing_fee_cents is 'Stripe''s fee for the payment; null until it is known.';
comment on column public.payments.funds_available_at is
    'When Stripe makes the money available for transfers; null until it is known.';
comment on column public.payments.last_event_at is
    'Time of the latest Stripe event applied; older events change nothing.';

create table public.payment_items (
    org_id uuid not null,
    payment_id uuid not null,
    item_id uuid not null,
    booking_id uuid,
    learner_id uuid not null,
    instructor_id uuid not null,
    share_cents bigint not null,
    fee_cents bigint not null,
    discount_cents bigint not null,
    amount_cents bigint not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, payment_id, item_id),
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, item_id) references public.order_items (org_id, id) on delete restrict,
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint amount_is_positive check (amount_cents > 0),
    constraint amount_is_share_plus_fee_minus_discount check (amount_cents = share_cents + fee_cents - discount_cents)
);

create index on public.payment_items (payment_id);
create index on public.payment_items (org_id, item_id);
create index on public.payment_items (org_id, booking_id);
create index on public.payment_items (learner_id);
create index on public.payment_items (instructor_id);

comment on table public.payment_items is
    'What a payment pays of which item of its order; written when the payment is opened, and effective when it succeeds. Append-only.';
comment on column public.payment_items.booking_id is
    'The booking that it confirms: a lesson''s, or the dearer replacement whose difference it pays; null for prepaid hours.';

create table public.refunds (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    payment_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    currency text not null,
    amount_cents bigint not null,
    unmatched_cents bigint not null default 0,
    is_made_elsewhere boolean not null default false,
    reason text not null,
    status public.refund_status not null,
    stripe_refund_id text,
    request_id uuid,
    client_key text,
    requested_by uuid references public.profiles (id) on delete set null,
    failure_code text,
    failure_message text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (payment_id, client_key),
    foreign key (org_id, request_id) references public.refunds (org_id, id) on delete restrict,
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint amount_is_positive check (amount_cents > 0),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint reason_is_short check (length(reason) between 1 and 500),
    constraint reason_is_visible check (private.is_visible(reason)),
    constraint refund_id_is_stripes check (stripe_refund_id ~ '^(re|pyr)_'),
    constraint what_is_made_elsewhere_is_not_at_stripe check (not is_made_elsewhere or stripe_refund_id is null),
    constraint at_most_the_amount_is_unmatched check (unmatched_cents between 0 and amount_cents),
    constraint client_key_is_short check (length(client_key) between 1 and 200)
) with (fillfactor = 80);

create index on public.refunds (learner_id);
create index on public.refunds (instructor_id);
create index on public.refunds (requested_by);
create index on public.refunds (org_id, request_id);
create index on public.refunds (payment_id, id) where is_made_elsewhere;

alter table public.credit_entries
    add foreign key (org_id, refund_id) references public.refunds (org_id, id) on delete restrict;

alter table public.order_items
    add foreign key (org_id, last_refund_id) references public.refunds (org_id, id) on delete restrict;

create index on public.order_items (org_id, last_refund_id);

comment on table public.refunds is
    'Money going back to the payer. The row is written before the refund is requested from Stripe.';
comment on column public.refunds.unmatched_cents is
    'The part of a refund made in Stripe''s Dashboard that pays back nothing that was sold, such as a part of a minute; it is posted to suspense.';
comment on column public.refunds.request_id is
    'The first refund of the request that this one belongs to, where a request is spread over several payments; null if it is the only one.';
comment on column public.refunds.is_made_elsewhere is
    'Made another way than through Stripe, from the platform''s bank account, and recorded by an admin.';
comment on column public.refunds.client_key is
    'Chosen by the client: a repeated request with the same key and amount is the same refund.';

create type private.return_kind as enum ('granted', 'owed', 'excess', 'lost');

create table private.return_items (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    item_id uuid not null,
    payment_id uuid not null,
    refund_id uuid,
    dispute_id uuid,
    kind private.return_kind not null,
    amount_cents bigint not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, item_id) references public.order_items (org_id, id) on delete restrict,
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, refund_id) references public.refunds (org_id, id) on delete restrict,
    constraint it_is_of_a_refund_or_a_dispute check (num_nonnulls(refund_id, dispute_id) = 1),
    constraint disputes_lose check ((kind = 'lost') = (dispute_id is not null)),
    constraint only_what_was_lost_is_won_back check (amount_cents > 0 or (kind = 'lost' and amount_cents < 0))
);

create index on private.return_items (org_id, item_id);
create index on private.return_items (org_id, payment_id);
create index on private.return_items (org_id, refund_id);
create index on private.return_items (org_id, dispute_id);

comment on table private.return_items is
    'What of an item''s price a refund pays back or a dispute has taken; a refund counts when it succeeds. Append-only: what a dispute '
    'gives back is a row of its own, negative. Prepaid minutes leave their lot by credit_entries instead.';
comment on column private.return_items.kind is
    'granted: of the price, by an admin; owed: of the price, by the item''s ending; excess: beyond the price; lost: by a dispute.';

alter table public.payments enable row level security;
alter table public.payment_items enable row level security;
alter table public.refunds enable row level security;
alter table private.return_items enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.payments
    for each row execute function private.enforce_status_transition('payment');

create trigger touch_updated_at
    before update on public.payments
    for each row execute function private.touch_updated_at();

create trigger enforce_status_transition
    before insert or update of status on public.refunds
    for each row execute function private.enforce_status_transition('refund');

create trigger touch_updated_at
    before update on public.refunds
    for each row execute function private.touch_updated_at();

select private.audit_table('public.payments', 'id');

select private.audit_table('public.refunds', 'id', '{reason}');

create trigger forbid_change
    before update or delete on public.payment_items
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.payment_items
    for each statement execute function private.forbid_change();

create trigger forbid_change
    before update or delete on private.return_items
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.return_items
    for each statement execute function private.forbid_change();

create trigger register_payment_intent
    after insert on public.payments
    for each row
    when (new.stripe_payment_intent_id is not null)
    execute function private.register_stripe_object('payment_intent', 'stripe_payment_intent_id');

-- A success writes the id with the rest, known or not.
create trigger register_another_payment_intent
    after update of stripe_payment_intent_id on public.payments
    for each row
    when (new.stripe_payment_intent_id is distinct from old.stripe_payment_intent_id and new.stripe_payment_intent_id is not null)
    execute function private.register_stripe_object('payment_intent', 'stripe_payment_intent_id');

create trigger register_charge
    after insert or update of stripe_charge_id on public.payments
    for each row
    when (new.stripe_charge_id is not null)
    execute function private.register_stripe_object('charge', 'stripe_charge_id');

create trigger register_refund
    after insert or update of stripe_refund_id on public.refunds
    for each row
    when (new.stripe_refund_id is not null)
    execute function private.register_stripe_object('refund', 'stripe_refund_id');
