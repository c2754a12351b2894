-- Who changed a row, when, and what: put its id in place of the zeros.
select
    entry.created_at,
    entry.entity_type,
    entry.action,
    entry.actor_kind::text as actor,
    profile.email,
    entry.reason,
    entry.old_values,
    entry.new_values
from public.audit_logs entry
left join public.profiles profile on profile.id = entry.user_id
where entry.entity_id = '00000000-0000-0000-0000-000000000000'
order by entry.created_at, entry.id;
