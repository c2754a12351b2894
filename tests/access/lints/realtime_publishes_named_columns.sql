-- What frontends may watch is a list of columns without notes, addresses and money: realtime does not ask column grants.
-- plant: alter publication supabase_realtime add table public.lessons
-- plant: alter publication supabase_realtime drop table public.bookings; alter publication supabase_realtime add table public.bookings (id, learner_notes)
-- plant: alter publication supabase_realtime drop table public.bookings; alter publication supabase_realtime add table public.bookings (id, total_cents)
select format('%s.%s', published.tablename, watched.name)
from pg_publication_tables published
cross join lateral unnest(published.attnames) watched (name)
where published.pubname = 'supabase_realtime'
    and watched.name !~ '^(id|org_id|order_id|status|start_at|end_at|updated_at)$';
