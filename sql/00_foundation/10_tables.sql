create type private.actor_kind as enum ('user', 'service', 'job', 'studio');
comment on type private.actor_kind is
    'Who acts: a signed-in person, the webhook service, the scheduled jobs, or an admin in Studio.';

create table private.status_transitions (
    entity text not null,
    from_status text not null,
    to_status text not null,
    actors private.actor_kind[] not null,
    edge text not null generated always as (entity || ' ' || from_status || ' -> ' || to_status) stored,
    primary key (entity, from_status, to_status),
    constraint transition_moves check (from_status <> to_status),
    constraint transition_has_actors check (cardinality(actors) > 0)
);

comment on table private.status_transitions is
    'Every allowed status change, enforced for every writer by enforce_status_transition. from_status ''new'' lists the statuses a '
    'row may be inserted with.';
comment on column private.status_transitions.edge is 'Names the row in the audit log: booking held -> confirmed.';
comment on column private.status_transitions.actors is
    'Who may make this change. Only the services move money, so an admin in Studio cannot mark a payment succeeded or a payout paid.';

create table private.currencies (
    code text primary key,
    minor_digits smallint not null,
    minimum_charge_cents bigint not null,
    constraint code_is_lower_case_iso check (code ~ '^[a-z]{3}$'),
    constraint minor_digits_are_known check (minor_digits in (0, 2, 3)),
    constraint minimum_is_positive check (minimum_charge_cents > 0)
);

comment on table private.currencies is 'The currencies that prices may be in, with Stripe''s minimum charge.';
comment on column private.currencies.minor_digits is 'Decimal places of the minor unit: 2 for gbp, 0 for jpy.';
comment on column private.currencies.minimum_charge_cents is 'Stripe''s minimum charge, in the minor unit.';

alter table private.status_transitions enable row level security;
alter table private.currencies enable row level security;

-- Stripe's minimum charge amounts (docs.stripe.com/currencies), for the currencies that the product sells in.
insert into private.currencies (code, minor_digits, minimum_charge_cents)
values
    ('aud', 2, 50),
    ('cad', 2, 50),
    ('chf', 2, 50),
    ('dkk', 2, 250),
    ('eur', 2, 50),
    ('gbp', 2, 30),
    ('jpy', 0, 50),
    ('nok', 2, 300),
    ('nzd', 2, 50),
    ('pln', 2, 200),
    ('sek', 2, 300),
    ('sgd', 2, 50),
    ('usd', 2, 50);
