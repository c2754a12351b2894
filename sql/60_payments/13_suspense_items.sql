-- Money at Stripe that matches no payment, and what was refunded of it. Set aside in 24_suspense.sql, sent back in 25_suspense_returns.sql,
-- and resolved by admins in 63_suspense.
create table private.suspense_items (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    payment_id uuid,
    refund_id uuid,
    stripe_payment_intent_id text,
    stripe_charge_id text,
    currency text not null,
    amount_cents bigint not null,
    processing_fee_cents bigint,
    pays_payment_id uuid,
    resolution text,
    resolved_at timestamptz,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (stripe_payment_intent_id, org_id),
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, refund_id) references public.refunds (org_id, id) on delete restrict,
    constraint money_came_by_an_intent_or_went_by_a_refund check (
        case when refund_id is null then stripe_payment_intent_id is not null and amount_cents > 0
            else stripe_payment_intent_id is null and amount_cents < 0 end
    ),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint resolution_is_known check (resolution in ('payment', 'refunded_elsewhere', 'written_off')),
    constraint a_resolved_item_says_when check ((resolution is null) = (resolved_at is null))
);

create index on private.suspense_items (org_id, payment_id);
create index on private.suspense_items (pays_payment_id) where pays_payment_id is not null;
create index on private.suspense_items (org_id, refund_id);

comment on table private.suspense_items is
    'Money at Stripe that matches nothing here, posted to suspense: one row for each PaymentIntent, or for each refund of prepaid hours '
    'that paid back more than whole minutes. What is left of one, left_in_suspense says.';
comment on column private.suspense_items.payment_id is 'The payment whose amount or state it did not match; null if there is none.';
comment on column private.suspense_items.amount_cents is 'What was received; of a refund, the part that matches nothing, negative.';
comment on column private.suspense_items.resolution is
    'The latest decision of an admin; payment: it pays for a payment and is no longer here.';
comment on column private.suspense_items.pays_payment_id is
    'The payment, maybe of another organization, that an admin has decided it pays for, until jobs maintain has carried that out.';

create table private.suspense_refunds (
    stripe_refund_id text not null,
    org_id uuid not null,
    suspense_item_id uuid not null,
    amount_cents bigint not null,
    status public.refund_status not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, stripe_refund_id),
    foreign key (org_id, suspense_item_id) references private.suspense_items (org_id, id) on delete restrict,
    constraint amount_is_positive check (amount_cents > 0),
    constraint refund_id_is_stripes check (stripe_refund_id ~ '^(re|pyr)_')
);

create index on private.suspense_refunds (org_id, suspense_item_id);

comment on table private.suspense_refunds is 'Refunds made in Stripe''s Dashboard of money that matches no payment.';

alter table private.suspense_items enable row level security;
alter table private.suspense_refunds enable row level security;

select private.audit_table('private.suspense_items', 'id');

create trigger register_payment_intent
    after insert or update of stripe_payment_intent_id on private.suspense_items
    for each row
    when (new.stripe_payment_intent_id is not null)
    execute function private.register_stripe_object('payment_intent', 'stripe_payment_intent_id');

create trigger register_charge
    after insert or update of stripe_charge_id on private.suspense_items
    for each row
    when (new.stripe_charge_id is not null)
    execute function private.register_stripe_object('charge', 'stripe_charge_id');
