-- Rows of journals are neither changed nor removed, by anybody and in any way, also by truncating a partition.
-- plant: drop trigger forbid_change on private.ledger_entries
-- plant: alter table private.ledger_transactions disable trigger forbid_truncate
-- plant: create table private.planted partition of public.audit_logs for values from ('1999-01-01') to ('1999-02-01')
with journal as (
    select unnest(
        '{
            public.audit_logs, private.ledger_transactions, private.ledger_entries, public.orders, public.payment_items,
            public.payout_items, private.return_items
        }'::regclass[]
    ) as id
),

rows_of as (
    select journal.id from journal
    union all
    select partition.inhrelid
    from pg_inherits partition
    join journal on journal.id = partition.inhparent
)

select format('%s can be %s', rows_of.id::regclass, forbidden.verb)
from rows_of
cross join (
    values ('updated', 16 | 2), ('deleted', 8 | 2), ('truncated', 32 | 2)
) forbidden (verb, type)
where not exists (
    select
    from pg_trigger trigger
    where trigger.tgrelid = rows_of.id
        and trigger.tgenabled in ('O', 'A')
        and trigger.tgfoid = 'private.forbid_change'::regproc
        and trigger.tgtype & forbidden.type = forbidden.type
);
