-- The chores that keep the house in order, each safe to repeat: run it every few minutes. A partition is made before anything
-- is locked that somebody waits for who writes to the same table.
-- Definer: the jobs have no access to the tables.
create function private.maintain()
    returns table (task text, affected bigint)
    language plpgsql
    volatile
    security definer
    set search_path = ''
    set plan_cache_mode = force_custom_plan
as $$
begin
    return query
    select 'partitions_created',
        (private.create_month_partitions('public.audit_logs')
        + private.create_month_partitions('private.webhook_event_bodies'))::bigint
    union all
    select 'events_applied', private.apply_waiting_events()::bigint
    union all
    select 'holds_expired', private.expire_holds()::bigint
    union all
    select 'purchases_expired', private.expire_purchases()::bigint
    union all
    select 'credits_expired', (select count(*) from private.expire_credits())
    union all
    select 'authorizations_voided', private.void_ageing_authorizations()::bigint
    union all
    select 'earnings_made_available', private.make_earnings_available(null, private.clock())::bigint;
end;
$$;

-- The first partitions; private.maintain() keeps making the next ones.
select private.create_month_partitions('public.audit_logs');
select private.create_month_partitions('private.webhook_event_bodies');
