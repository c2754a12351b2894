-- A foreign key's columns lead an index of whole rows, with or without org_id, so that deletes, joins and embedding need not scan.
-- plant: alter table public.services add column planted uuid references public.services (id)
-- plant: drop index public.payments_learner_id_idx
-- plant: drop index public.refunds_learner_id_idx; create index on public.refunds (learner_id) where amount_cents > 0
select format('%s: %s', foreign_key.conrelid::regclass, foreign_key.conname)
from pg_constraint foreign_key
cross join lateral (
    select array_agg(attribute.attnum) filter (where attribute.attname <> 'org_id' or cardinality(foreign_key.conkey) = 1) as columns
    from pg_attribute attribute
    where attribute.attrelid = foreign_key.conrelid
        and attribute.attnum = any (foreign_key.conkey)
) others
where foreign_key.contype = 'f'
    and foreign_key.connamespace in ('public'::regnamespace, 'private'::regnamespace)
    and not exists (
        select
        from pg_index index
        where index.indrelid = foreign_key.conrelid
            and index.indisvalid
            and index.indpred is null
            and (
                (index.indkey::smallint[])[0:cardinality(foreign_key.conkey) - 1] @> foreign_key.conkey
                or (index.indkey::smallint[])[0:cardinality(others.columns) - 1] @> others.columns
            )
    );
