-- Discounts: discount codes, referral codes and referral rewards, all at the platform's cost. The instructor's share never
-- shrinks.
--
-- A frontend calls check_discount_code first (30), then books or buys with the code. The booking or purchase reserves the
-- discount (40); the payment that succeeds redeems it, and the end of an unpaid one releases it (50). Each person uses one
-- discount at a time, and only while its limits allow: dates, uses of all learners, uses of one learner, first lesson only.
-- How a discount is limited is decided in 70_offers.sql (codes), 71_referral_discounts.sql and 72_rewards.sql.
--
-- Called by credits (45), bookings (50) and payments (60). Rewards are granted in 66_rewards. Platform admins make discount
-- codes, learners make referral codes (80_api.sql).

create type public.redemption_kind as enum ('discount', 'referral', 'reward');
create type public.redemption_status as enum ('reserved', 'redeemed', 'released');

create table public.discount_codes (
    id uuid primary key default gen_random_uuid(),
    org_id uuid references public.organizations (id) on delete restrict,
    code text not null,
    amount_cents bigint,
    currency text references private.currencies (code),
    discount_bps integer,
    may_exceed_fee boolean not null default false,
    max_uses integer,
    uses_count integer not null default 0,
    max_uses_per_learner integer not null default 1,
    is_first_lesson_only boolean not null default false,
    starts_at timestamptz not null default private.clock(),
    expires_at timestamptz,
    is_active boolean not null default true,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    constraint code_is_plain check (code ~ '^[A-Za-z0-9_-]{3,40}$'),
    constraint it_is_an_amount_or_a_percentage check (num_nonnulls(amount_cents, discount_bps) = 1),
    constraint an_amount_has_a_currency check ((amount_cents is null) = (currency is null)),
    constraint amount_is_sensible check (amount_cents between 1 and 50000000),
    constraint percentage_is_a_fraction check (discount_bps between 1 and 10000),
    constraint uses_are_within_the_maximum check (max_uses > 0 and uses_count between 0 and max_uses or max_uses is null and uses_count >= 0),
    constraint each_learner_may_use_it check (max_uses_per_learner > 0),
    constraint end_is_after_start check (starts_at < expires_at),
    constraint times_are_plausible check (private.is_plausible_time(starts_at) and private.is_plausible_time(expires_at))
);

create unique index discount_code_is_unique on public.discount_codes (lower(code), org_id) nulls not distinct;
create index on public.discount_codes (org_id);
create index on public.discount_codes (currency);

comment on table public.discount_codes is
    'Codes for a discount, which the platform pays for. Only admins see a list of them; whoever knows a code may check it.';
comment on column public.discount_codes.org_id is 'The organization where the code can be used; null means anywhere.';
comment on column public.discount_codes.code is 'Compared without case.';
comment on column public.discount_codes.amount_cents is
    'Discount in the minor unit of currency; null if the code takes off discount_bps of the list price instead.';
comment on column public.discount_codes.may_exceed_fee is
    'Whether the discount may be larger than the platform''s fee. The instructor''s share never shrinks: the platform pays the rest.';
comment on column public.discount_codes.max_uses is 'By all learners together; null means without limit.';
comment on column public.discount_codes.uses_count is 'Redemptions that are reserved or redeemed.';

create table public.referral_codes (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    referrer_id uuid not null,
    code text not null,
    discount_bps integer not null,
    reward_cents bigint not null,
    currency text not null references private.currencies (code),
    max_uses integer,
    uses_count integer not null default 0,
    expires_at timestamptz,
    is_active boolean not null default true,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, referrer_id) references public.learners (org_id, id) on delete restrict,
    constraint code_is_plain check (code ~ '^[A-Z0-9]{8,20}$'),
    constraint percentage_is_a_fraction check (discount_bps between 0 and 10000),
    constraint reward_is_not_negative check (reward_cents >= 0),
    constraint uses_are_within_the_maximum check (max_uses > 0 and uses_count between 0 and max_uses or max_uses is null and uses_count >= 0)
);

create unique index referral_code_is_unique on public.referral_codes (lower(code), org_id);
create unique index one_live_code_a_referrer on public.referral_codes (org_id, referrer_id) where is_active;
create index on public.referral_codes (referrer_id);
create index on public.referral_codes (currency);

comment on table public.referral_codes is
    'A learner''s own code, which takes something off another person''s first lesson. Its terms were copied from the organization when it was '
    'made.';
comment on column public.referral_codes.discount_bps is 'Discount on the referred learner''s first lesson, in basis points of its list price.';
comment on column public.referral_codes.reward_cents is 'What the referrer is granted once that lesson is completed and paid.';

create table public.code_redemptions (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    kind public.redemption_kind not null,
    discount_code_id uuid references public.discount_codes (id) on delete restrict,
    referral_code_id uuid,
    learner_id uuid not null,
    learner_person_id uuid not null,
    order_id uuid not null unique,
    currency text not null,
    discount_cents bigint not null,
    returned_cents bigint not null default 0,
    revision integer not null default 0,
    status public.redemption_status not null default 'reserved',
    redeemed_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, referral_code_id) references public.referral_codes (org_id, id) on delete restrict,
    constraint kind_agrees_with_the_code check (
        (kind = 'discount') = (discount_code_id is not null)
        and (kind = 'referral') = (referral_code_id is not null)
    ),
    constraint discount_is_positive check (discount_cents > 0),
    constraint at_most_the_discount_is_returned check (returned_cents between 0 and discount_cents),
    constraint only_rewards_are_returned check (returned_cents = 0 or kind = 'reward')
);

create index on public.code_redemptions (discount_code_id, learner_person_id) where status <> 'released';
create index on public.code_redemptions (discount_code_id);
create index on public.code_redemptions (org_id, referral_code_id);
create index on public.code_redemptions (learner_id);
create index on public.code_redemptions (learner_person_id);

comment on table public.code_redemptions is
    'The discount on an order, from a discount code, a referral code or the learner''s own rewards.';
comment on column public.code_redemptions.returned_cents is
    'Rewards that returned to the learner, in the minor unit: in proportion to what was refunded, or all of them if the lesson was not given.';
comment on column public.code_redemptions.revision is 'Number of changes to returned_cents; part of their idempotency keys.';
comment on column public.code_redemptions.status is
    'reserved with the order, redeemed when that is paid, released when it can no longer be paid or was refunded in full.';

create table private.code_checks (
    id bigint not null unique generated always as identity,
    org_id uuid not null references public.organizations (id) on delete cascade,
    user_id uuid not null references public.profiles (id) on delete cascade,
    discount_code_id uuid references public.discount_codes (id) on delete cascade,
    referral_code_id uuid,
    checked_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, referral_code_id) references public.referral_codes (org_id, id) on delete cascade
);

create index on private.code_checks (user_id, checked_at);
create index on private.code_checks (discount_code_id);
create index on private.code_checks (org_id, referral_code_id);

comment on table private.code_checks is
    'Every call of check_discount_code, with the organization in which it asked and the code that was found; no code means a wrong guess. '
    'Wrong guesses of a person are limited, and a booking may use only a code that its caller found here.';

create type private.code_offer as (
    kind public.redemption_kind,
    code_id uuid,
    discount_cents bigint
);
comment on type private.code_offer is 'A code, or the learner''s rewards, and what it takes off a price; null when it takes nothing off.';

alter table public.discount_codes enable row level security;
alter table public.referral_codes enable row level security;
alter table public.code_redemptions enable row level security;
alter table private.code_checks enable row level security;

create trigger touch_updated_at
    before update on public.discount_codes
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.referral_codes
    for each row execute function private.touch_updated_at();

create trigger enforce_status_transition
    before insert or update of status on public.code_redemptions
    for each row execute function private.enforce_status_transition('redemption');

create trigger touch_updated_at
    before update on public.code_redemptions
    for each row execute function private.touch_updated_at();

select private.audit_table('public.discount_codes', 'id', '{code}');

select private.audit_table('public.referral_codes', 'id', '{code}');

select private.audit_table('public.code_redemptions', 'id');
