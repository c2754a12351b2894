-- Disputes: a payer's bank takes a payment back, and what that costs whom.
--
-- disputes               one for each dispute or early warning at Stripe, with what it has withdrawn and lost so far
-- dispute_transactions   Stripe's balance transactions of disputes, each posted once
--
-- 85_webhooks hands in Stripe's events through apply_dispute and apply_fraud_warning; the jobs call record_dispute. An open dispute sets
-- payments.is_disputed: the payment is neither refunded nor paid out, and a credit lot is frozen. A lost one falls on what the
-- payment has paid for (30_write_off, 31_allocate_loss): unused minutes, lessons ahead, then lessons given; who bears it, the items say (48_orders).
-- It is allocated anew after each event, so that it can be won after it was lost.
-- Admins answer disputes in Stripe's Dashboard; nothing here is called by people.
create type public.dispute_status as enum (
    'warning_needs_response', 'warning_under_review', 'warning_closed', 'prevented',
    'needs_response', 'under_review', 'lost', 'appeal_needs_response', 'appeal_under_review', 'won'
);

create table public.disputes (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    payment_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    stripe_dispute_id text not null,
    status public.dispute_status not null,
    reason text,
    currency text not null,
    amount_cents bigint not null,
    withdrawn_cents bigint not null default 0,
    fee_cents bigint not null default 0,
    lost_cents bigint not null default 0,
    liability public.dispute_liability not null,
    revision integer not null default 0,
    evidence_due_at timestamptz,
    has_evidence boolean not null default false,
    is_charge_refundable boolean not null default false,
    opened_at timestamptz not null,
    closed_at timestamptz,
    last_event_at timestamptz not null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint dispute_id_is_stripes check (stripe_dispute_id ~ '^(dp|du)_'),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amounts_are_not_negative check (least(amount_cents, lost_cents) >= 0),
    constraint closed_at_is_set_when_closed check (
        (status in ('warning_closed', 'prevented', 'lost', 'won')) = (closed_at is not null)
    )
);

create index on public.disputes (org_id, learner_id);
create index on public.disputes (payment_id);
create index on public.disputes (instructor_id);
create index on public.disputes (evidence_due_at) where closed_at is null;

comment on table public.disputes is
    'A payer''s bank demands a payment back. Early warnings (warning_…) move no money; the others move what their balance '
    'transactions say.';
comment on column public.disputes.withdrawn_cents is
    'What Stripe has withdrawn so far, less what it has reinstated; may exceed the payment.';
comment on column public.disputes.fee_cents is 'Stripe''s dispute fee, less what it has reinstated.';
comment on column public.disputes.status is
    'Stripe''s status. A lost dispute may be appealed (appeal_…): its money stays lost unless the appeal is won.';
comment on column public.disputes.lost_cents is 'What was lost: what Stripe has withdrawn, once the dispute is lost.';
comment on column public.disputes.liability is
    'Who bears the instructor''s share of a loss: the organization''s setting when the dispute was opened.';
comment on column public.disputes.revision is
    'How often its loss was posted or corrected; part of the idempotency keys.';
comment on column public.disputes.evidence_due_at is
    'Deadline for submitting evidence, or an appeal, to Stripe, which can be done once.';
comment on column public.disputes.last_event_at is
    'Time of the latest Stripe event applied; older events change nothing but balance transactions.';

create table private.dispute_transactions (
    stripe_id text not null,
    org_id uuid not null,
    dispute_id uuid not null,
    amount_cents bigint not null,
    fee_cents bigint not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, stripe_id),
    foreign key (org_id, dispute_id) references public.disputes (org_id, id) on delete restrict
);

create index on private.dispute_transactions (org_id, dispute_id);

comment on table private.dispute_transactions is
    'Stripe''s balance transactions of disputes, each posted once. amount_cents is negative where Stripe withdrew money.';

alter table public.credit_entries
    add foreign key (org_id, dispute_id) references public.disputes (org_id, id) on delete restrict;
alter table public.order_items
    add foreign key (org_id, last_dispute_id) references public.disputes (org_id, id) on delete restrict;
alter table private.return_items
    add foreign key (org_id, dispute_id) references public.disputes (org_id, id) on delete restrict;

create index on public.order_items (org_id, last_dispute_id);

alter table public.disputes enable row level security;
alter table private.dispute_transactions enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.disputes
    for each row execute function private.enforce_status_transition('dispute');

create trigger touch_updated_at
    before update on public.disputes
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update or delete on private.dispute_transactions
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.dispute_transactions
    for each statement execute function private.forbid_change();

select private.audit_table('public.disputes', 'id');

create trigger register_dispute
    after insert or update of stripe_dispute_id on public.disputes
    for each row
    execute function private.register_stripe_object('dispute', 'stripe_dispute_id');
