-- 27_alerts: messages to an organization's admins, and often an instructor, about money or lessons that need their attention; and to a
-- learner about a lesson that does not take place.
--
--   20_alerts  raise_alert: tell somebody once; called by payments, disputes, cancellations, connect and payouts
--              resolve_alert: whom the alert addresses marks it as done
--   80_api     what frontends call; they read the table alerts directly
--
-- An alert is open until resolved_at is set. What an admin of the platform must do is not here: that is
-- needs_attention in 95_operations.

create table public.alerts (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    instructor_id uuid,
    learner_id uuid,
    code text not null,
    message text not null,
    related_type text not null,
    related_id uuid not null,
    idempotency_key text not null,
    created_at timestamptz not null default private.clock(),
    resolved_at timestamptz,
    primary key (org_id, id),
    unique (org_id, idempotency_key),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint message_is_short check (length(message) between 1 and 1000)
);

create index on public.alerts (org_id, created_at);
create index on public.alerts (instructor_id, created_at);
create index on public.alerts (learner_id, created_at);

comment on table public.alerts is 'Messages about money or lessons that need somebody''s attention. Open until resolved_at is set.';
comment on column public.alerts.instructor_id is 'The instructor who is told as well as the organization''s admins; null: the admins only.';
comment on column public.alerts.learner_id is 'The learner who is told, with guardians who may view, as well as the organization''s admins.';
comment on column public.alerts.code is
    'Stable, for frontends. About payments: refund_failed, refund_waits_for_dispute, authorization_lost, authorization_voided, '
    'fraud_warning, dispute_<status>. About payouts: payout_held, payout_cancelled, payout_reversed, reversal_refused, '
    'bank_payout_failed, account_disconnected, account_retired, account_replaced, payee_changed. About people: lessons_without_instructor, '
    'calendars_overlap. About a review: review_reported, review_hidden. '
    'About a document: document_added, document_rejected, document_expiring, document_lapsed. '
    'About a lesson: lesson_cancelled, lesson_reassigned, move_proposed, no_show_claimed, no_show_settled, time_offered.';

alter table public.alerts enable row level security;

select private.audit_table('public.alerts', 'id', '{message}');
