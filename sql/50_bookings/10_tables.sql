-- Bookings: a learner's commitment to a time, from the first request to its end.
--
-- What is open: 30_list.sql and 31_open_slots.sql. Listing and booking ask the same function, private.open_slots, so that
-- whatever is listed can be booked at that instant. 32_quote.sql says what it would cost.
-- Booking: 50_reserve.sql (a published slot), 52_request.sql (any listed time) and 54_series.sql (many) all lead to hold_slot
-- in 51_hold.sql, which prices the booking (40_price.sql), freezes the price, reserves the seat until a deadline, and adds the booking to
-- its order (56_order_item.sql).
-- After that the instructor answers a request (53_answer.sql), an adult learner answers what a school has booked for them
-- (55_propose.sql), the payment confirms the booking (60_confirm.sql), or it
-- expires (61_expire.sql). Guards in 70_guards.sql keep seats and prices right, whoever writes a booking, and enter it in the calendars of its
-- instructor and learner (72_calendar.sql).
-- Cancelling and rescheduling live in 64_cancellations, lessons in 55_lessons, what follows from a status in 82_effects.
--
-- Called by learners and instructors through 80_api.sql, and by payments (60), which confirm what was paid.

create type public.booking_status as enum (
    'proposed', 'held', 'requested', 'confirmed', 'in_progress', 'completed', 'no_show', 'cancelled', 'declined', 'expired'
);
create type public.booking_party as enum ('learner', 'guardian', 'instructor', 'admin', 'system');

create type public.series_mode as enum ('all_or_nothing', 'skip_conflicts');

create table public.cancellation_policies (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    version integer not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, version),
    constraint versions_count_from_one check (version >= 1)
);

comment on table public.cancellation_policies is
    'A version of an organization''s refund rules. New bookings get the latest version, and keep it.';

create table public.cancellation_tiers (
    policy_id uuid not null,
    org_id uuid not null,
    notice_minutes integer not null,
    refund_bps integer not null,
    primary key (org_id, policy_id, notice_minutes),
    foreign key (org_id, policy_id) references public.cancellation_policies (org_id, id) on delete restrict,
    constraint notice_is_at_most_90_days check (notice_minutes between 0 and 129600),
    constraint refund_is_a_fraction check (refund_bps between 0 and 10000)
);


comment on table public.cancellation_tiers is
    'The refund for cancelling at least notice_minutes before the lesson starts. After the start there is none.';
comment on column public.cancellation_tiers.refund_bps is 'Basis points of what was paid; 10000 is all of it.';

create table public.booking_series (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    service_id uuid not null,
    first_start_at timestamptz not null,
    time_zone text not null,
    every_weeks integer not null,
    occurrences integer not null,
    mode public.series_mode not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict,
    constraint a_series_is_of_two_to_a_year_of_weeks check (occurrences between 2 and 52),
    constraint it_recurs_at_least_every_13_weeks check (every_weeks between 1 and 13)
);

create index on public.booking_series (org_id, service_id);
create index on public.booking_series (learner_id);
create index on public.booking_series (instructor_id);

comment on table public.booking_series is 'Bookings that were requested at once, at the same local time every every_weeks weeks.';

create table public.bookings (
    id uuid not null unique default gen_random_uuid(),
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
    keeps_seat boolean not null generated always as (status not in ('cancelled', 'declined', 'expired')) stored,
    hold_expires_at timestamptz,
    currency text not null,
    price_cents bigint not null,
    discount_cents bigint not null default 0,
    platform_fee_cents bigint not null,
    instructor_share_cents bigint not null,
    total_cents bigint not null,
    fee_mode public.fee_mode not null,
    fee_bps integer not null,
    credit_minutes integer not null default 0,
    credit_applied_cents bigint not null default 0,
    original_total_cents bigint not null default 0,
    due_cents bigint not null generated always as (greatest(total_cents - credit_applied_cents - original_total_cents, 0)) stored,
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
    is_withdrawn boolean not null default false,
    no_show_by public.booking_party,
    refund_bps integer,
    is_partly_kept boolean generated always as (status = 'cancelled' and refund_bps < 10000) stored,
    cancellation_refund_cents bigint,
    restored_minutes integer,
    kept_share_cents bigint,
    client_key text,
    series_id uuid,
    order_id uuid not null,
    original_booking_id uuid,
    is_rescheduled boolean not null default false,
    cancellation_policy_id uuid not null,
    booked_by uuid references public.profiles (id) on delete set null,
    is_fee_refundable boolean not null,
    payout_hold interval not null,
    given_up_at timestamptz,
    accepted_at timestamptz,
    early_start_requested_at timestamptz,
    is_collected_later boolean not null default false,
    collect_from uuid references public.profiles (id) on delete set null,
    collect_at timestamptz,
    collection_tries integer not null default 0,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (learner_id, client_key),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict,
    foreign key (org_id, slot_id) references public.bookable_slots (org_id, id) on delete restrict,
    foreign key (org_id, series_id) references public.booking_series (org_id, id) on delete restrict,
    foreign key (org_id, order_id) references public.orders (org_id, id) on delete restrict,
    foreign key (org_id, original_booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, cancellation_policy_id) references public.cancellation_policies (org_id, id) on delete restrict,
    constraint end_is_after_start check (start_at < end_at),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amounts_are_not_negative check (
        least(price_cents, discount_cents, platform_fee_cents, instructor_share_cents, total_cents, credit_applied_cents,
            credit_minutes, original_total_cents, cancellation_refund_cents, restored_minutes, kept_share_cents) >= 0
    ),
    constraint total_is_share_plus_fee_minus_discount check (
        total_cents = instructor_share_cents + platform_fee_cents - discount_cents
    ),
    constraint share_follows_from_the_price check (
        instructor_share_cents = price_cents - case fee_mode when 'included' then platform_fee_cents else 0 end
    ),
    constraint credit_pays_at_most_the_total check (credit_applied_cents <= total_cents),
    constraint only_minutes_are_credit check (credit_applied_cents = 0 or credit_minutes > 0),
    constraint original_total_needs_an_original check (original_total_cents = 0 or original_booking_id is not null),
    constraint refund_is_a_fraction check (refund_bps between 0 and 10000),
    constraint cancelled_and_no_show_say_what_they_refund check (
        num_nulls(refund_bps, cancellation_refund_cents, restored_minutes, kept_share_cents)
        = case when status in ('cancelled', 'no_show') then 0 else 4 end
    ),
    constraint a_rescheduled_booking_is_cancelled check (not is_rescheduled or status = 'cancelled'),
    constraint only_a_cancelled_booking_is_withdrawn check (not is_withdrawn or status = 'cancelled'),
    constraint the_share_never_grows check (kept_share_cents <= instructor_share_cents),
    constraint a_hold_has_a_deadline check (status not in ('proposed', 'held', 'requested') or hold_expires_at is not null),
    constraint only_what_is_collected_later_has_a_plan check (
        is_collected_later or (collection_tries = 0 and num_nonnulls(collect_from, collect_at) = 0)
    ),
    constraint only_an_unpaid_lesson_is_to_be_collected check (collect_at is null or status in ('requested', 'held')),
    constraint collection_is_tried_twice_at_most check (collection_tries between 0 and 2),
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
    )
);

create unique index one_seat_a_learner_and_lesson
    on public.bookings (slot_id, learner_person_id)
    where keeps_seat;
create unique index one_replacement_a_booking
    on public.bookings (original_booking_id)
    where keeps_seat;
create index on public.bookings (org_id, start_at);
create index on public.bookings (instructor_id, start_at);
create index on public.bookings (learner_id, start_at);
create index on public.bookings (service_id);
create index on public.bookings (slot_id);
create index on public.bookings (org_id, start_at) where is_partly_kept;
create index on public.bookings (learner_person_id, start_at);
create index on public.bookings (learner_person_id, given_up_at) where given_up_at is not null;
create index on public.bookings (org_id, collect_at) where collect_at is not null;
create index on public.bookings (collect_from);
create index on public.bookings (org_id, series_id);
create index on public.bookings (org_id, order_id);
create index on public.bookings (original_booking_id);
create index on public.bookings (org_id, cancellation_policy_id);
create index on public.bookings (booked_by);

-- No index names what events change before the end, and pages keep room, so that updates are HOT: they write no index. Those that have not
-- ended are in 12_open_bookings.
alter table public.bookings set (fillfactor = 80);

comment on table public.bookings is
    'A learner''s commitment to a slot, with its price frozen. Only functions change it, and every change is audited.';
comment on column public.bookings.keeps_seat is 'Whether it takes a seat of its slot: it is neither cancelled nor declined nor expired.';
comment on column public.bookings.is_partly_kept is 'Whether its cancellation kept a part of the price.';
comment on column public.bookings.learner_person_id is
    'The learner''s login, else the learner''s id. So a person who learns in two organizations cannot be in two places at once.';
comment on column public.bookings.is_group is 'Whether the slot has several seats.';
comment on column public.bookings.hold_expires_at is
    'How long a held booking waits for payment, a requested one for the instructor''s answer, or a proposed one for the learner''s word, '
    'before it loses its seat.';
comment on column public.bookings.price_cents is 'List price, in the minor unit of currency, as all amounts here.';
comment on column public.bookings.platform_fee_cents is 'fee_bps of the list price, rounded half up.';
comment on column public.bookings.instructor_share_cents is 'What the instructor earns by this lesson, in the same currency.';
comment on column public.bookings.discount_cents is 'Discount, which the platform pays for: the instructor''s share never shrinks.';
comment on column public.bookings.due_cents is 'What is left to pay by card.';
comment on column public.bookings.learner_notes is 'The learner''s message to the instructor. Both can read it, and so can admins.';
comment on column public.bookings.booked_by is 'The person who booked: the learner, a guardian or an admin of the school.';
comment on column public.bookings.is_fee_refundable is
    'Whether refunds include the platform''s fee; copied from the organization when the booking was made.';
comment on column public.bookings.payout_hold is
    'How long after the lesson the earning becomes payable; copied from the organization when the booking was made.';
comment on column public.bookings.given_up_at is
    'When it ended unpaid, by the learner''s doing: its hold expired, or the learner cancelled it while it was held, not at once.';
comment on column public.bookings.is_collected_later is
    'Whether it was booked to be charged to a saved card two days before: it is held until 12 hours before its start, or until it is paid.';
comment on column public.bookings.collect_from is 'Whose default card is charged then: the learner or a guardian who may pay.';
comment on column public.bookings.collect_at is
    'When that card is charged, or charged again; null once the charge is under way, or when none is to come.';
comment on column public.bookings.collection_tries is 'How many charges of that card have failed: after the second the time is free again.';
comment on column public.bookings.credit_minutes is 'How many of its minutes are paid with prepaid ones; a card pays the rest.';
comment on column public.bookings.credit_applied_cents is 'What prepaid minutes pay of the total.';
comment on column public.bookings.order_id is 'The order that it belongs to; a replacement belongs to its original''s.';
comment on column public.bookings.original_booking_id is
    'The original booking, if this one is its replacement. Once the original has ended for it, its order item is this booking''s.';
comment on column public.bookings.is_rescheduled is
    'Whether this booking was rescheduled: cancelled for a replacement, which takes over its order item.';
comment on column public.bookings.accepted_at is
    'When the learner accepted what somebody else had proposed; for two hours from then, and until the start, cancelling costs nothing, but of '
    'a time that was offered from the waiting list.';
comment on column public.bookings.original_total_cents is 'Total of the original booking, which counts towards this one''s total.';
comment on column public.bookings.refund_bps is 'The fraction that the cancellation or no-show refunds, in basis points.';
comment on column public.bookings.cancellation_refund_cents is 'What the cancellation, or the instructor''s no-show, refunds to the payer''s card.';
comment on column public.bookings.restored_minutes is 'Prepaid minutes that the cancellation or no-show restores.';
comment on column public.bookings.is_withdrawn is 'Whether it was cancelled by withdrawing from its contract within 14 days.';
comment on column public.bookings.early_start_requested_at is
    'When the learner expressly asked for a lesson within the 14 days in which the contract may be withdrawn from; null if it is later.';
comment on column public.bookings.kept_share_cents is
    'The most that the instructor keeps of the share after a cancellation or no-show; null if the lesson was given or is ahead.';
comment on column public.bookings.cancellation_policy_id is 'The version of the refund rules that was current when the booking was made.';
comment on column public.bookings.client_key is 'Chosen by the client: another request with the same key and time returns the same booking.';

create table public.booking_notes (
    booking_id uuid not null unique,
    org_id uuid not null,
    instructor_id uuid not null,
    notes text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, booking_id),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint notes_are_short check (length(notes) <= 10000)
);

create index on public.booking_notes (instructor_id);

comment on table public.booking_notes is 'The instructor''s own notes on a booking. Only the instructor and admins can read them.';

alter table public.order_items
    add foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict;
alter table public.credit_entries
    add foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict;
-- Deferred, because a booking occupies its persons before its own row is there.
alter table private.person_calendar
    add foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict deferrable initially deferred;

alter table public.cancellation_policies enable row level security;
alter table public.cancellation_tiers enable row level security;
alter table public.booking_series enable row level security;
alter table public.bookings enable row level security;
alter table public.booking_notes enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.bookings
    for each row execute function private.enforce_status_transition('booking');

create trigger touch_updated_at
    before update on public.bookings
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update or delete on public.cancellation_policies
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.cancellation_policies
    for each statement execute function private.forbid_change();

create trigger forbid_change
    before update or delete on public.cancellation_tiers
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.cancellation_tiers
    for each statement execute function private.forbid_change();

create trigger touch_updated_at
    before update on public.booking_notes
    for each row execute function private.touch_updated_at();

select private.audit_table('public.cancellation_policies', 'id');

select private.audit_table('public.booking_series', 'id');

select private.audit_table(
    'public.bookings', 'id',
    '{pickup_address,pickup_lat,pickup_lng,dropoff_address,dropoff_lat,dropoff_lng,learner_notes,cancellation_reason}'
);

select private.audit_table('public.booking_notes', 'booking_id', '{notes}');
