-- A policy asks who the caller is in a scalar subquery, once a statement: asked for each row it is thousands of times slower.
-- plant: create policy planted on public.payments for insert to authenticated with check (payer_id = private.my_user_id())
-- plant: create policy planted on public.payments for insert to authenticated with check (org_id = any (private.my_org_ids()))
-- plant: create policy planted on public.payments for insert to authenticated with check (payer_id = auth.uid())
-- plant: create policy planted on public.payments for insert to authenticated with check (exists (select from public.organization_members))
select format('%s of %s', policy.polname, policy.polrelid::regclass)
from pg_policy policy
cross join lateral (
    values
        (pg_get_expr(policy.polqual, policy.polrelid)),
        (pg_get_expr(policy.polwithcheck, policy.polrelid))
) condition (text)
where condition.text ~ '(?<!SELECT )(private|auth)\.\w+\('
    or condition.text ~* 'exists|\sin \(';
