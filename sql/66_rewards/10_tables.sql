-- Rewards: what a learner gets for recommending an organization.
--
-- referral_rewards   one for each referral code that a new learner redeemed, once that learner's lesson is completed and paid
--
-- 82_effects calls grant_reward when a lesson is completed or its payment arrives, whichever comes last, and claw_back_reward when
-- a payment is refunded or lost. Frontends call reward_balance. Codes and their redemption are in 35_discounts; the balance is the
-- ledger account learner_rewards.
create table public.referral_rewards (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    redemption_id uuid not null,
    referrer_id uuid not null,
    booking_id uuid not null,
    item_id uuid not null,
    currency text not null,
    amount_cents bigint not null,
    clawed_back_cents bigint not null default 0,
    revision integer not null default 0,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, redemption_id),
    foreign key (org_id, redemption_id) references public.code_redemptions (org_id, id) on delete restrict,
    foreign key (org_id, referrer_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, item_id) references public.order_items (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amount_is_positive check (amount_cents > 0),
    constraint at_most_the_reward_is_taken_back check (clawed_back_cents between 0 and amount_cents)
);

create index on public.referral_rewards (org_id, booking_id);
create index on public.referral_rewards (org_id, item_id);
create index on public.referral_rewards (referrer_id);

comment on table public.referral_rewards is
    'A referrer''s reward for a new learner''s lesson, granted once it is completed and paid; clawed back in proportion as '
    'it is refunded.';
comment on column public.referral_rewards.revision is
    'Number of changes to clawed_back_cents; part of their idempotency keys.';

alter table public.referral_rewards enable row level security;

create trigger touch_updated_at
    before update on public.referral_rewards
    for each row execute function private.touch_updated_at();

select private.audit_table('public.referral_rewards', 'id');
