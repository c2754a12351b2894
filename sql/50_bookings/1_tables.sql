create type public.booking_status as enum (
    'held', 'requested', 'confirmed', 'in_progress', 'completed', 'no_show', 'cancelled', 'declined', 'expired'
);
create type public.booking_party as enum ('learner', 'guardian', 'instructor', 'admin', 'system');

create table public.bookings (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    service_id uuid not null,
    slot_id uuid not null,
    learner_person_id uuid not null,
    is_group boolean not null,
    start_at timestamptz not null,
    end_at timestamptz not null,
    status public.booking_status not null,
    hold_expires_at timestamptz,
    currency text not null,
    price_cents bigint not null,
    discount_cents bigint not null default 0,
    platform_fee_cents bigint not null,
    instructor_share_cents bigint not null,
    total_cents bigint not null,
    fee_mode public.fee_mode not null,
    fee_bps integer not null,
    credit_applied_cents bigint not null default 0,
    due_cents bigint not null generated always as (total_cents - credit_applied_cents) stored,
    pickup_address text,
    pickup_lat numeric(9, 6),
    pickup_lng numeric(9, 6),
    dropoff_address text,
    dropoff_lat numeric(9, 6),
    dropoff_lng numeric(9, 6),
    learner_notes text,
    cancelled_by public.booking_party,
    cancellation_reason text,
    cancelled_at timestamptz,
    no_show_by public.booking_party,
    client_key text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    unique (org_id, id),
    unique (learner_id, client_key),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict,
    foreign key (org_id, slot_id) references public.bookable_slots (org_id, id) on delete restrict,
    constraint end_is_after_start check (start_at < end_at),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amounts_are_not_negative check (
        least(price_cents, discount_cents, platform_fee_cents, instructor_share_cents, total_cents, credit_applied_cents) >= 0
    ),
    constraint total_is_share_plus_fee_minus_discount check (
        total_cents = instructor_share_cents + platform_fee_cents - discount_cents
    ),
    constraint share_follows_from_the_price check (
        instructor_share_cents = price_cents - case fee_mode when 'included' then platform_fee_cents else 0 end
    ),
    constraint credit_is_at_most_the_total check (credit_applied_cents <= total_cents),
    constraint a_hold_has_a_deadline check (status <> 'held' or hold_expires_at is not null),
    constraint a_cancellation_says_when_and_by_whom check (
        (status = 'cancelled') = (cancelled_at is not null)
        and (status = 'cancelled') = (cancelled_by is not null)
    ),
    constraint a_no_show_says_who check (
        (status = 'no_show') = (no_show_by is not null)
        and no_show_by in ('learner', 'instructor')
    ),
    constraint places_are_on_earth check (
        pickup_lat between -90 and 90 and pickup_lng between -180 and 180
        and dropoff_lat between -90 and 90 and dropoff_lng between -180 and 180
    ),
    constraint texts_are_short check (
        greatest(length(pickup_address), length(dropoff_address)) <= 500
        and length(learner_notes) <= 5000
        and length(cancellation_reason) <= 2000
        and length(client_key) between 1 and 200
    ),
    constraint learner_is_never_double_booked exclude using gist (
        learner_person_id with =,
        tstzrange(start_at, end_at) with &&
    ) where (not is_group and status not in ('cancelled', 'declined', 'expired'))
);

create index on public.bookings (org_id, start_at);
create index on public.bookings (instructor_id, start_at);
create index on public.bookings (learner_id, start_at);
create index on public.bookings (org_id, learner_id);
create index on public.bookings (org_id, instructor_id);
create index on public.bookings (org_id, service_id);
create index on public.bookings (org_id, slot_id);
create index on public.bookings (service_id);
create index on public.bookings (slot_id);
create index on public.bookings (status);
create index on public.bookings (hold_expires_at) where status = 'held';

comment on table public.bookings is
    'A learner''s commitment to a slot, with its price frozen. Changed only by functions; every change is audited.';
comment on column public.bookings.learner_person_id is
    'The login where there is one, else the learner: one person in two organizations is in one place at a time.';
comment on column public.bookings.is_group is 'A group lesson; only lessons for one learner exclude each other.';
comment on column public.bookings.hold_expires_at is 'Until then an unpaid booking keeps its seat.';
comment on column public.bookings.price_cents is 'List price, in the minor unit of currency, as all amounts here.';
comment on column public.bookings.platform_fee_cents is 'fee_bps of the list price, rounded half up.';
comment on column public.bookings.instructor_share_cents is 'What the instructor earns by this lesson.';
comment on column public.bookings.discount_cents is 'Borne by the platform; the instructor''s share never shrinks.';
comment on column public.bookings.due_cents is 'What is left to be paid by card.';
comment on column public.bookings.learner_notes is 'From the learner to the instructor: seen by both, and by admins.';
comment on column public.bookings.client_key is 'Chosen by the client: the same key and slot again return the same booking.';

create table public.booking_notes (
    booking_id uuid primary key,
    org_id uuid not null,
    instructor_id uuid not null,
    notes text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint notes_are_short check (length(notes) <= 10000)
);

create index on public.booking_notes (org_id, booking_id);
create index on public.booking_notes (org_id, instructor_id);
create index on public.booking_notes (instructor_id);

comment on table public.booking_notes is 'The instructor''s own notes on a booking: seen by the instructor and admins.';

alter table public.bookings enable row level security;
alter table public.booking_notes enable row level security;
