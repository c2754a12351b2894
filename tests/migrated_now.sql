-- Moves what the migration wrote from today to the present of private.clock(), so that nothing in a
-- test database depends on the day on which it was made.
do $$
declare
    partition record;
    moment record;
begin
    set local session_replication_role = replica;

    for partition in
        select inhparent::regclass as parent, inhrelid::regclass as name
        from pg_inherits
        join pg_class on pg_class.oid = inhrelid and relkind = 'r'
        where pg_get_expr(relpartbound, inhrelid) like 'FOR VALUES FROM %'
    loop
        execute format('alter table %s detach partition %s', partition.parent, partition.name);
        execute format('insert into %s overriding system value select * from %s', partition.parent, partition.name);
        execute format('drop table %s', partition.name);
    end loop;

    for moment in
        select attrelid::regclass as table_name, attname as column_name
        from pg_attribute
        join pg_class on pg_class.oid = attrelid and relkind in ('r', 'p') and not relispartition
        where relnamespace in ('public'::regnamespace, 'private'::regnamespace)
            and atttypid = 'timestamptz'::regtype
            and attnum > 0
            and not attisdropped
    loop
        execute format(
            'update %1$s set %2$I = private.clock() where %2$I is not null',
            moment.table_name, moment.column_name
        );
    end loop;

    -- Who has run the migration is the owner. The default partition holds no row of a month that gets its own.
    set local role postgres;
    for partition in
        select inhparent::regclass as parent, inhrelid::regclass as name
        from pg_inherits
        join pg_class on pg_class.oid = inhrelid and relkind = 'r'
        where pg_get_expr(relpartbound, inhrelid) = 'DEFAULT'
    loop
        execute format('alter table %s detach partition %s', partition.parent, partition.name);
        perform private.create_month_partitions(partition.parent);
        execute format('insert into %s overriding system value select * from %s', partition.parent, partition.name);
        execute format('delete from %s', partition.name);
        execute format('alter table %s attach partition %s default', partition.parent, partition.name);
    end loop;
end
$$;
