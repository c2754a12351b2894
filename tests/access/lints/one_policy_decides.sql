-- A role has one policy a table and command, joined with "or" inside, so that it reads as one sentence and is asked once.
-- plant: create policy planted on public.bookings for select to authenticated using (false)
-- plant: create policy planted on public.bookings for all to authenticated using (false)
-- plant: create policy planted on public.bookings for select to public using (false)
select format('%s on %s', command.letter, policy.polrelid::regclass)
from pg_policy policy
cross join lateral unnest(policy.polroles) named (role_id)
join pg_roles role on role.oid = named.role_id or (named.role_id = 0 and role.rolname in ('anon', 'authenticated'))
join unnest('{r,a,w,d}'::"char"[]) command (letter) on policy.polcmd in (command.letter, '*')
group by policy.polrelid, role.oid, command.letter
having count(*) > 1;
