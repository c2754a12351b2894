-- No plain index begins another of its table, with or without org_id before its columns: each is written with every row, and one serves.
-- plant: create index on public.payments (org_id, learner_id)
-- plant: create index on public.bookings (instructor_id)
-- plant: create index on public.lessons (org_id, booking_id)
with indexed as (
    select
        index.indexrelid,
        index.indrelid,
        index.indisunique,
        (index.indkey::smallint[])[0:index.indnkeyatts - 1] as columns,
        org.attnum as org_id
    from pg_index index
    join pg_class class on class.oid = index.indrelid and not class.relispartition
    left join pg_attribute org on org.attrelid = index.indrelid and org.attname = 'org_id'
    where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
        and index.indpred is null
        and index.indexprs is null
        and exists (
            select
            from pg_am method
            join pg_class of_index on of_index.relam = method.oid
            where of_index.oid = index.indexrelid
                and method.amname = 'btree'
        )
)

select format('%s repeats %s', repeating.indexrelid::regclass, other.indexrelid::regclass)
from indexed repeating
join indexed other on other.indrelid = repeating.indrelid and other.indexrelid <> repeating.indexrelid
cross join lateral (
    select array_agg(column_number order by position) as columns
    from unnest(repeating.columns) with ordinality each (column_number, position)
    where column_number <> repeating.org_id or position > 1 or cardinality(repeating.columns) = 1
) told
where not repeating.indisunique
    and (
        (other.columns[1:cardinality(told.columns)]) = told.columns
        or (other.columns[1:cardinality(repeating.columns)]) = repeating.columns
    )
    and (other.indisunique or other.columns <> repeating.columns or other.indexrelid < repeating.indexrelid);
