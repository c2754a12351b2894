-- Removes what Stripe sent in months that ended 30 days ago, and returns how many bodies went. They hold names, addresses
-- and e-mail addresses of payers, which are kept nowhere else. The events stay, and so do the bodies of those that still wait. A month
-- is emptied as a whole, which costs nothing at any size; one that is being read is left to the next run. Maintenance calls it.
create function private.remove_old_bodies()
    returns bigint
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    cutoff constant timestamptz := private.clock() - interval '30 days';
    removed bigint;
    partition_name text;
begin
    delete from private.webhook_event_bodies_default body
    using private.webhook_events event
    where body.received_at < cutoff
        and event.org_id = body.org_id
        and event.id = body.event_id
        and not event.is_waiting;
    get diagnostics removed = row_count;

    for partition_name in
        select class.relname
        from pg_catalog.pg_inherits inheritance
        join pg_catalog.pg_class class on class.oid = inheritance.inhrelid
        where inheritance.inhparent = 'private.webhook_event_bodies'::regclass
            and class.relname ~ '_[0-9]{4}_[0-9]{2}$'
            and (to_date(right(class.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' <= cutoff
        order by class.relname
    loop
        removed := removed + private.empty_month_of_bodies(partition_name);
    end loop;
    return removed;
end;
$$;

-- Empties a month's partition but for the bodies of waiting events, and returns how many went.
create function private.empty_month_of_bodies(p_partition_name text)
    returns bigint
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    waiting private.webhook_event_bodies[];
    total bigint;
begin
    execute format('lock table private.%I in access exclusive mode nowait', p_partition_name);
    execute format('select count(*) from private.%I', p_partition_name) into total;
    execute format(
        'select coalesce(array_agg(body), ''{}'') '
        'from private.%I body '
        'join private.webhook_events event on event.org_id = body.org_id and event.id = body.event_id '
        'where event.is_waiting',
        p_partition_name
    ) into waiting;
    if total > cardinality(waiting) then
        execute format('truncate private.%I', p_partition_name);
        insert into private.webhook_event_bodies (org_id, event_id, received_at, raw)
        select body.org_id, body.event_id, body.received_at, body.raw
        from unnest(waiting) body;
    end if;
    return total - cardinality(waiting);
exception
    when lock_not_available then
        return 0;
end;
$$;
