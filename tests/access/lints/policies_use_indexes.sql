-- A column that a policy compares with the caller's ids leads an index.
-- plant: create policy planted on public.payouts for insert to authenticated with check (payee_id = any ((select private.my_org_ids())::uuid[]))
-- plant: create policy planted on public.payouts for insert to authenticated with check (payee_id = (select private.my_user_id()))
-- plant: drop index public.payments_payer_id_idx
select distinct format('%s.%s', policy.polrelid::regclass, compared.matches[1])
from pg_policy policy
cross join lateral regexp_matches(
    concat(pg_get_expr(policy.polqual, policy.polrelid), ' ', pg_get_expr(policy.polwithcheck, policy.polrelid)),
    '(\w+) = (?:ANY \()?\( SELECT',
    'g'
) compared (matches)
where not exists (
    select
    from pg_index index
    join pg_attribute attribute on attribute.attrelid = index.indrelid and attribute.attnum = index.indkey[0]
    where index.indrelid = policy.polrelid
        and index.indpred is null
        and attribute.attname = compared.matches[1]
);
