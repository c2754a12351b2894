-- A dispute moves forward alone, but events may be missed: so each later status can follow each earlier one.
insert into private.status_transitions (entity, from_status, to_status, actors)
select 'dispute', 'new', status::text, '{service,job}'::private.actor_kind[]
from unnest(enum_range(null::public.dispute_status)) status
union all
select 'dispute', earlier::text, later::text, '{service,job}'
from unnest(enum_range(null::public.dispute_status)) earlier
join unnest(enum_range(null::public.dispute_status)) later on later > earlier;
