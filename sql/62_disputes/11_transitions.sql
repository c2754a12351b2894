-- A dispute follows Stripe. It only moves forward, in the order of the enum; because events may be missed, any later status may
-- follow any earlier one, and a dispute may be first seen in any status.
--
-- dispute:
--   · → warning_needs_response, warning_under_review, warning_closed, prevented, needs_response, under_review, won, lost:
--       apply_dispute (service, job)
--   warning_needs_response → warning_under_review, warning_closed, prevented, needs_response, under_review, won, lost:
--       apply_dispute (service, job)
--   warning_under_review → warning_closed, prevented, needs_response, under_review, won, lost: apply_dispute (service, job)
--   warning_closed → prevented, needs_response, under_review, won, lost: apply_dispute (service, job)
--   prevented → needs_response, under_review, won, lost: apply_dispute (service, job)
--   needs_response → under_review, won, lost: apply_dispute (service, job)
--   under_review → won, lost: apply_dispute (service, job)
--   won → lost: apply_dispute (service, job)
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
join unnest(enum_range(null::public.dispute_status)) later on later > earlier;
