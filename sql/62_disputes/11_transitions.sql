-- A dispute follows Stripe through its stages: an inquiry (warning_…), the dispute itself, and the appeal against a lost one. Events may
-- be missed, so a status may be skipped, and a dispute may be first seen in any status. It never returns to an earlier stage. Only a
-- dispute that is lost, or was won, may be decided otherwise.
--
-- dispute:
--   · → warning_needs_response, warning_under_review, warning_closed, prevented, needs_response, under_review, lost,
--       appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   warning_needs_response → warning_under_review, warning_closed, prevented, needs_response, under_review, lost,
--       appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   warning_under_review → warning_needs_response, warning_closed, prevented, needs_response, under_review, lost,
--       appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   warning_closed → prevented, needs_response, under_review, lost, appeal_needs_response, appeal_under_review, won:
--       apply_dispute (service, job)
--   prevented → needs_response, under_review, lost, appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   needs_response → prevented, under_review, lost, appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   under_review → prevented, needs_response, lost, appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   lost → appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   appeal_needs_response → lost, appeal_under_review, won: apply_dispute (service, job)
--   appeal_under_review → lost, appeal_needs_response, won: apply_dispute (service, job)
--   won → lost, appeal_needs_response, appeal_under_review: apply_dispute (service, job)
insert into private.status_transitions (entity, from_status, to_status, actors)
select
    'dispute' as entity,
    'new' as from_status,
    status::text as to_status,
    '{service,job}'::private.actor_kind[] as actors
from unnest(enum_range(null::public.dispute_status)) status
union all
select
    'dispute' as entity,
    earlier::text as from_status,
    later::text as to_status,
    '{service,job}'::private.actor_kind[] as actors
from unnest(enum_range(null::public.dispute_status)) earlier
join unnest(enum_range(null::public.dispute_status)) later on later > earlier
union all
select
    'dispute' as entity,
    back.from_status,
    back.to_status,
    '{service,job}'::private.actor_kind[] as actors
from (
    values
        ('warning_under_review', 'warning_needs_response'),
        ('needs_response', 'prevented'),
        ('under_review', 'prevented'),
        ('under_review', 'needs_response'),
        ('appeal_needs_response', 'lost'),
        ('appeal_under_review', 'lost'),
        ('appeal_under_review', 'appeal_needs_response'),
        ('won', 'lost'),
        ('won', 'appeal_needs_response'),
        ('won', 'appeal_under_review')
) back (from_status, to_status);
