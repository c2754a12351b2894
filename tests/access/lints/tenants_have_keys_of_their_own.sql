-- A table of tenants has a primary key that begins with org_id, which therefore is never null; an id is unique alone as well, so that
-- no two organizations hold the same. Their idempotency keys are unique within an organization.
-- plant: alter table public.alerts drop constraint alerts_pkey; alter table public.alerts add primary key (id, org_id)
-- plant: alter table public.payout_items drop constraint payout_items_pkey; alter table public.payout_items add primary key (payout_id, earning_id)
-- plant: alter table private.outbox drop constraint outbox_id_key
-- plant: alter table private.webhook_events drop constraint webhook_events_id_key; create unique index on private.webhook_events (id) where status = 'parked'
-- plant: create table private.planted (id uuid primary key, org_id uuid not null)
-- plant: create table private.planted (org_id uuid, note text)
-- plant: alter table private.payout_attempts drop constraint payout_attempts_org_id_idempotency_key_key
-- plant: alter table private.outbox add unique (idempotency_key)
with tenant as (
    select
        class.oid,
        org.attnum as org_attnum,
        id.attnum as id_attnum,
        key.attnum as key_attnum
    from pg_class class
    join pg_attribute org on org.attrelid = class.oid and org.attname = 'org_id'
    left join pg_attribute id on id.attrelid = class.oid and id.attname = 'id'
    left join pg_attribute key on key.attrelid = class.oid and key.attname = 'idempotency_key'
    where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
        and class.relkind in ('r', 'p')
        and not class.relispartition
        -- The audit's entries and discount codes may be of no organization; a Stripe id leads to one.
        and class.oid not in (
            'public.audit_logs'::regclass, 'public.discount_codes'::regclass, 'private.stripe_objects'::regclass
        )
),

unique_key as (
    select indrelid, indisprimary, array_to_string(indkey, ' ') as columns
    from pg_index
    where indisunique
        and indisvalid
        and indpred is null
        and indexprs is null
)

select format('%s: the primary key does not begin with org_id', oid::regclass)
from tenant
where not exists (
    select
    from unique_key
    where indrelid = tenant.oid
        and indisprimary
        and split_part(columns, ' ', 1) = org_attnum::text
        and (id_attnum is null or columns = concat_ws(' ', org_attnum, id_attnum))
)
union all
select format('%s: an id is not unique', oid::regclass)
from tenant
where id_attnum is not null
    and not exists (select from unique_key where indrelid = tenant.oid and columns = id_attnum::text)
union all
select format('%s: an idempotency key is not unique within its organization', oid::regclass)
from tenant
where key_attnum is not null
    and array(select columns from unique_key where indrelid = tenant.oid and key_attnum::text = any (string_to_array(columns, ' ')))
    <> array[concat_ws(' ', org_attnum, key_attnum)];
