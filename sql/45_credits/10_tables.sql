-- Credits: minutes that a learner buys ahead with one instructor.
--
-- A purchase makes a lot (48_orders), which is pending until it is paid. A booking that is paid by prepaid minutes reserves
-- minutes of one or more lots, oldest first; when the booking ends, they are consumed or restored (40_consume.sql). Minutes
-- can also be refunded or expire (64_cancellations), or be lost in a dispute (62_disputes).
-- Every change goes through add_credit_entry (30_entries.sql), with its part of the price. What minutes are worth follows from
-- how many of the lot are gone (70_parts.sql), so that all parts of a lot sum to its price exactly. What that means for the
-- ledger is decided in 48_orders.
--
-- Called by orders (48), bookings (50), payments (60), disputes (62) and cancellations (64).

create type public.credit_status as enum ('pending', 'active', 'frozen', 'cancelled');
create type public.credit_entry_kind as enum (
    'purchase', 'reserve', 'restore', 'consume', 'give_back', 'refund', 'refund_failed', 'expire', 'dispute', 'dispute_reversed'
);

create table public.learner_credits (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    service_id uuid,
    currency text not null,
    minutes_purchased integer not null,
    minutes_reserved integer not null default 0,
    minutes_used integer not null default 0,
    minutes_refunded integer not null default 0,
    minutes_left integer not null generated always as (
        minutes_purchased - minutes_reserved - minutes_used - minutes_refunded
    ) stored,
    price_cents bigint not null,
    discount_cents bigint not null,
    platform_fee_cents bigint not null,
    instructor_share_cents bigint not null,
    total_cents bigint not null,
    fee_mode public.fee_mode not null,
    fee_bps integer not null,
    is_fee_refundable boolean not null,
    expires_forfeited boolean not null default false,
    status public.credit_status not null default 'pending',
    is_active boolean not null generated always as (status = 'active') stored,
    hold_expires_at timestamptz,
    activated_at timestamptz,
    expires_at timestamptz,
    client_key text,
    bought_by uuid references public.profiles (id) on delete set null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (learner_id, client_key),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint minutes_are_in_quarters check (minutes_purchased between 15 and 30000 and minutes_purchased % 15 = 0),
    constraint no_minute_is_used_twice check (
        least(minutes_reserved, minutes_used, minutes_refunded) >= 0
        and minutes_reserved + minutes_used + minutes_refunded <= minutes_purchased
    ),
    constraint amounts_are_not_negative check (
        least(price_cents, discount_cents, platform_fee_cents, instructor_share_cents, total_cents) >= 0
    ),
    constraint total_is_share_plus_fee_minus_discount check (
        total_cents = instructor_share_cents + platform_fee_cents - discount_cents
    ),
    constraint an_unpaid_purchase_has_a_deadline check (status <> 'pending' or hold_expires_at is not null),
    constraint paid_credit_has_its_activation_time check (status in ('pending', 'cancelled') or activated_at is not null),
    constraint client_key_is_short check (length(client_key) between 1 and 200)
) with (fillfactor = 80);

create index on public.learner_credits (org_id, service_id);
create index on public.learner_credits (learner_id, instructor_id, activated_at) where status = 'active';
create index on public.learner_credits (instructor_id);
create index on public.learner_credits (org_id, hold_expires_at) where status = 'pending';
create index on public.learner_credits (org_id, expires_at) where status = 'active';
create index on public.learner_credits (bought_by);

comment on table public.learner_credits is
    'A lot of minutes that a learner bought ahead with one instructor, at a frozen price. The lot that expires first is used first, then the oldest.';
comment on column public.learner_credits.service_id is
    'The only service that these minutes pay for; null if they pay for lessons priced by the instructor''s hourly rate.';
comment on column public.learner_credits.price_cents is 'List price of all minutes, in the minor unit of currency, as all amounts here.';
comment on column public.learner_credits.total_cents is 'What the learner pays for all minutes: share + fee - discount.';
comment on column public.learner_credits.minutes_refunded is 'Minutes that were refunded, or lost to a dispute.';
comment on column public.learner_credits.expires_forfeited is
    'Whether minutes that expire are earned by the instructor; else they are refunded. The organization''s terms when they were bought.';
comment on column public.learner_credits.status is
    'pending until paid; active while its minutes can be used; frozen while its payment is disputed; cancelled if it was not paid in time.';
comment on column public.learner_credits.is_active is 'Whether its status lets minutes be used.';

create table public.credit_entries (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    credit_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    kind public.credit_entry_kind not null,
    minutes integer not null,
    share_cents bigint not null,
    fee_cents bigint not null,
    discount_cents bigint not null,
    booking_id uuid,
    refund_id uuid,
    dispute_id uuid,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, credit_id) references public.learner_credits (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint minutes_are_positive check (minutes > 0),
    constraint only_bookings_reserve_use_and_return check (
        (kind in ('reserve', 'restore', 'consume', 'give_back')) = (booking_id is not null)
    ),
    constraint only_refunds_have_a_refund check ((kind in ('refund', 'refund_failed')) = (refund_id is not null)),
    constraint only_disputes_have_a_dispute check ((kind in ('dispute', 'dispute_reversed')) = (dispute_id is not null))
);

create index on public.credit_entries (org_id, credit_id);
create index on public.credit_entries (org_id, refund_id);
create index on public.credit_entries (org_id, dispute_id);
create index on public.credit_entries (learner_id);
create index on public.credit_entries (instructor_id);
create index on public.credit_entries (booking_id);

comment on table public.credit_entries is 'Every change of a lot''s minutes, with the part of the price that belongs to them. Append-only.';
comment on column public.credit_entries.share_cents is 'The instructor''s part of the price of these minutes.';

create type private.credit_part as (
    credit_id uuid,
    minutes integer,
    share_cents bigint,
    fee_cents bigint,
    discount_cents bigint
);
comment on type private.credit_part is 'Some minutes of a lot, and the part of its price that belongs to them.';

alter table public.learner_credits enable row level security;
alter table public.credit_entries enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.learner_credits
    for each row execute function private.enforce_status_transition('credit');

create trigger touch_updated_at
    before update on public.learner_credits
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update or delete on public.credit_entries
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.credit_entries
    for each statement execute function private.forbid_change();

select private.audit_table('public.learner_credits', 'id');
