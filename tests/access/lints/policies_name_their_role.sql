-- A policy says whom it is for. One for everybody would let in roles that were never thought of.
-- plant: create policy planted on public.refunds for insert with check (true)
select format('%s of %s', policy.polname, policy.polrelid::regclass)
from pg_policy policy
where 0 = any (policy.polroles);
