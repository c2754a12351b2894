-- A dispute moves forward alone, but events may be missed: so each later status can follow each earlier one.
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
