-- Orders: what a learner commits to pay for at once, with one instructor.
--
-- orders       one or more lessons (a series), or a lot of prepaid hours; one payment pays an order
-- order_items  each lesson and each lot, with its frozen price and what became of its money: paid, refunded, lost, how it ended
--
-- An item is one lesson from its booking to its end, through all of its moves, or one lot. Who is entitled to how much of its money
-- at any moment is one function of its row (40_books.sql). Whatever happens changes that row, and the ledger is posted the
-- difference: by a payment, a refund or a dispute together with the money that moved, else by 50_end.sql and 51_move.sql. So
-- every order of events ends in the same books.
-- What prepaid hours are used for, refunded or lost leaves a lot as minutes (45_credits), with their part of its price.
--
-- Locks: whatever moves an order's money locks the order first (lock_orders in 20_place.sql); then come learner, code, slots, bookings
-- and lots, payments, refunds, earnings, payouts and balances.
--
-- Called by bookings (50), payments (60), disputes (62) and cancellations (64); learners buy hours through 80_api.sql.

create type public.order_item_kind as enum ('booking', 'credits');
create type public.order_item_ending as enum ('given', 'missed', 'cancelled', 'fault', 'withdrawn');

create table public.orders (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    currency text not null,
    is_all_or_nothing boolean not null default false,
    withdrawal_mode public.withdrawal_mode not null,
    placed_by uuid references public.profiles (id) on delete set null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$')
);

create index on public.orders (learner_id);
create index on public.orders (instructor_id);
create index on public.orders (placed_by);

comment on table public.orders is
    'What a learner commits to pay for at once, with one instructor: one or more lessons, or prepaid hours. Its status and amounts follow '
    'from its items and payments.';
comment on column public.orders.is_all_or_nothing is 'Whether a late payment pays for all of its lessons or for none.';
comment on column public.orders.withdrawal_mode is
    'What of it may be withdrawn from within 14 days; the organization''s terms when it was placed.';
comment on column public.orders.placed_by is 'The person who ordered: the learner, a guardian or an admin of the school.';

create table public.order_items (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    order_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    kind public.order_item_kind not null,
    booking_id uuid,
    credit_id uuid,
    currency text not null,
    minutes integer not null,
    list_cents bigint not null,
    discount_cents bigint not null,
    fee_cents bigint not null,
    share_cents bigint not null,
    total_cents bigint not null generated always as (share_cents + fee_cents - discount_cents) stored,
    is_fee_refundable boolean not null,
    supply_model public.supply_model not null default 'agent',
    credit_share_cents bigint not null default 0,
    credit_fee_cents bigint not null default 0,
    credit_discount_cents bigint not null default 0,
    is_paid boolean not null default false,
    is_paid_outside boolean not null default false,
    excess_cents bigint not null default 0,
    refunded_cents bigint not null default 0,
    restored_cents bigint not null default 0,
    lost_cents bigint not null default 0,
    liable_cents bigint not null default 0,
    ending public.order_item_ending,
    refund_bps integer not null default 0,
    owed_cents bigint not null default 0,
    revision integer not null default 0,
    last_refund_id uuid,
    last_dispute_id uuid,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, order_id) references public.orders (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, credit_id) references public.learner_credits (org_id, id) on delete restrict,
    constraint kind_says_what_it_is check (
        (kind = 'booking') = (booking_id is not null) and (kind = 'credits') = (credit_id is not null)
    ),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint minutes_are_positive check (minutes > 0),
    constraint amounts_are_not_negative check (
        least(list_cents, discount_cents, fee_cents, share_cents, share_cents + fee_cents - discount_cents, refunded_cents, restored_cents,
            lost_cents, owed_cents) >= 0
    ),
    constraint credit_pays_a_part check (
        credit_share_cents between 0 and share_cents
        and credit_fee_cents between 0 and fee_cents
        and credit_discount_cents between 0 and discount_cents
    ),
    constraint at_most_the_total_is_refunded check (refunded_cents <= share_cents + fee_cents - discount_cents),
    constraint only_whole_lessons_are_paid_outside check (
        not is_paid_outside or (is_paid and kind = 'booking' and discount_cents = 0 and credit_share_cents + credit_fee_cents = 0)
    ),
    constraint liability_is_for_what_is_lost check (liable_cents between 0 and lost_cents),
    constraint refund_is_a_fraction check (refund_bps between 0 and 10000)
) with (fillfactor = 80);

create index on public.order_items (org_id, order_id);
create unique index one_item_a_booking on public.order_items (org_id, booking_id);
create unique index one_item_a_credit on public.order_items (org_id, credit_id);
create index on public.order_items (learner_id);
create index on public.order_items (instructor_id);

comment on table public.order_items is
    'One lesson, through all of its moves, or one lot of prepaid hours: its price, and what became of its money. Amounts are in the '
    'minor unit of currency.';
comment on column public.order_items.booking_id is 'The lesson''s booking; after a move, the replacement.';
comment on column public.order_items.total_cents is 'What the learner pays: share + fee - discount.';
comment on column public.order_items.share_cents is 'The instructor''s share, if the lesson is given.';
comment on column public.order_items.supply_model is 'Who sells it to the learner: the organization''s terms when it was ordered.';
comment on column public.order_items.credit_share_cents is 'The part of the share that prepaid minutes pay; likewise of fee and discount.';
comment on column public.order_items.is_paid is 'Whether money or prepaid minutes have paid for it; a free lesson is paid by its confirmation.';
comment on column public.order_items.is_paid_outside is
    'Whether the learner paid the instructor or the school, in cash or by bank transfer: what the price comes to is with them, and they owe '
    'the platform its fee.';
comment on column public.order_items.excess_cents is
    'What was received beyond the price and is owed back, because the lesson moved to a cheaper time or was paid twice; negative while '
    'an authorization is not captured.';
comment on column public.order_items.refunded_cents is 'What went back to the payer of the price, by refunds that succeeded.';
comment on column public.order_items.restored_cents is 'What prepaid minutes that went back to their lot are worth.';
comment on column public.order_items.lost_cents is 'What disputes have taken.';
comment on column public.order_items.liable_cents is 'The part of lost_cents for which the instructor is liable.';
comment on column public.order_items.ending is
    'given; missed: the learner did not come; cancelled: by the learner or a guardian; fault: anyone else''s, also paid too late; '
    'withdrawn: the contract was withdrawn from within 14 days. '
    'Null while it is ahead.';
comment on column public.order_items.refund_bps is 'The fraction of a cancelled lesson that its policy gives back, in basis points.';
comment on column public.order_items.owed_cents is 'What a cancellation owes the payer and has not refunded yet, fixed when it happened.';
comment on column public.order_items.last_refund_id is 'The latest refund that changed refunded_cents or excess_cents.';
comment on column public.order_items.last_dispute_id is 'The latest dispute that changed lost_cents.';
comment on column public.order_items.revision is 'Number of its postings without a payment, refund or dispute; part of their idempotency keys.';

create type private.item_books as (
    prepaid_share_cents bigint,
    prepaid_fee_cents bigint,
    prepaid_discount_cents bigint,
    share_cents bigint,
    fee_cents bigint,
    discount_cents bigint,
    loss_cents bigint,
    due_cents bigint
);
comment on type private.item_books is
    'What an item''s money belongs to: prepaid parts, the instructor''s share, the platform''s fee, less the discount and what the '
    'platform lost; and what is due to the payer.';

alter table public.code_redemptions
    add foreign key (org_id, order_id) references public.orders (org_id, id) on delete restrict;


alter table public.orders enable row level security;
alter table public.order_items enable row level security;

create trigger touch_updated_at
    before update on public.order_items
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update of supply_model on public.order_items
    for each row execute function private.forbid_change();

-- Who placed it may be forgotten, with the login.
create trigger forbid_change
    before update of id, org_id, learner_id, instructor_id, currency, is_all_or_nothing, withdrawal_mode, created_at or delete on public.orders
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.orders
    for each statement execute function private.forbid_change();

select private.audit_table('public.orders', 'id');

select private.audit_table('public.order_items', 'id');
