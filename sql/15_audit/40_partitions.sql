-- Creates the partitions of this month and the next three of a table that is partitioned by month and has the default partition
-- private.<table>_default; called by maintain_platform. If the default already holds rows of a month, that month stays there, and a
-- warning says so. Truncate triggers are not inherited from the parent, so a partition of an append-only table gets its own.
create function private.create_month_partitions(p_table regclass)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    table_name text := (select class.relname from pg_catalog.pg_class class where class.oid = p_table);
    month timestamptz;
    partition_name text;
    created integer := 0;
begin
    for month in
        select generate_series(
            date_trunc('month', private.clock(), 'UTC'),
            date_trunc('month', private.clock(), 'UTC') + interval '3 months',
            interval '1 month'
        )
    loop
        partition_name := table_name || to_char(month at time zone 'UTC', '"_"YYYY"_"MM');
        continue when to_regclass('private.' || partition_name) is not null;
        begin
            execute format(
                'create table private.%I partition of %s for values from (%L) to (%L)',
                partition_name, p_table, month, month + interval '1 month'
            );
            execute format('alter table private.%I enable row level security', partition_name);
            if exists (select from pg_catalog.pg_trigger where tgrelid = p_table and tgname = 'forbid_truncate') then
                execute format(
                    'create trigger forbid_truncate before truncate on private.%I '
                    'for each statement execute function private.forbid_change()',
                    partition_name
                );
            end if;
            created := created + 1;
        exception
            when duplicate_table then
                continue; -- another run has just created it
            when check_violation then
                raise warning 'partition % was not created: the default partition holds rows of that month', partition_name;
        end;
    end loop;
    return created;
end;
$$;

-- The first partitions, before anything is audited; maintain_platform() creates the next ones.
select private.create_month_partitions('public.audit_logs');
