-- 18_stripe: which row of ours an object of Stripe belongs to.
--
--   20_register   register_stripe_object: the triggers of tables that hold a Stripe id keep the registry; stripe_row looks an id up
--   70_objects    what can be read off an object of Stripe by itself
--
-- An id leads to its organization first, and then to the row, since tenants' tables are keyed and spread by organization. An id that is
-- not here belongs to an object that we have not learned of yet, which the metadata that we gave it can name, or to other business on
-- the same Stripe account. Read by payments (60), disputes (62), connect (68), payouts (72), billing (75) and
-- webhooks (85).

create type private.stripe_object_type as enum (
    'payment_intent', 'charge', 'refund', 'dispute', 'account', 'transfer', 'payout', 'customer'
);

create table private.stripe_objects (
    id text primary key,
    type private.stripe_object_type not null,
    org_id uuid not null references public.organizations (id) on delete restrict,
    table_name text not null,
    row_id uuid not null,
    created_at timestamptz not null default private.clock()
);

create index on private.stripe_objects (org_id);

comment on table private.stripe_objects is
    'The row that each known object of Stripe belongs to, kept by the triggers of the tables that hold Stripe ids. An id belongs to one '
    'row. A database serves one mode of Stripe, live or test: events of the other are ignored before they are looked up.';
comment on column private.stripe_objects.id is 'Stripe''s id, such as pi_….';
comment on column private.stripe_objects.table_name is
    'The table of the row. suspense_items and unbooked_transfers hold what has no other row yet, and give the id up to one that has.';

create type private.stripe_outcome as (status text, note text);
comment on type private.stripe_outcome is
    'The outcome of applying a Stripe object: processed, ignored (not ours, or nothing to do) or parked (an admin must '
    'look), and why.';

alter table private.stripe_objects enable row level security;
