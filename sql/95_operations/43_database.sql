-- What `jobs doctor` asks about the database itself: is it the one that this release was made for?

-- Every privilege that a role beside the owner has in our schemas, and tables without row-level security: what a restored or migrated
-- database is compared with. One line for each role, object and kind of privilege, columns together.
create function private.list_privileges()
    returns table (privilege text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    with our_schema as (
        select namespace.oid, namespace.nspname as name, namespace.nspowner as owner, namespace.nspacl as acl
        from pg_catalog.pg_namespace namespace
        where namespace.nspname in ('public', 'private')
    ),

    relation as (
        select class.oid, class.relkind, class.relrowsecurity, class.relowner as owner, class.relacl as acl,
            our_schema.name || '.' || class.relname as name
        from pg_catalog.pg_class class
        join our_schema on our_schema.oid = class.relnamespace
        where class.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    ),

    granted as (
        select 'schema ' || our_schema.name as object, our_schema.owner, our_schema.acl, null::text as column_name
        from our_schema
        union all
        select relation.name, relation.owner, relation.acl, null
        from relation
        union all
        select relation.name, relation.owner, attribute.attacl, attribute.attname
        from relation
        join pg_catalog.pg_attribute attribute on attribute.attrelid = relation.oid
        where attribute.attacl is not null
            and not attribute.attisdropped
        union all
        select
            our_schema.name || '.' || function.proname || '()', function.proowner,
            coalesce(function.proacl, acldefault('f', function.proowner)), null
        from pg_catalog.pg_proc function
        join our_schema on our_schema.oid = function.pronamespace
    )

    select concat_ws(
        ' ',
        case when item.grantee = 0 then 'public' else pg_get_userbyid(item.grantee) end,
        'may', lower(item.privilege_type), granted.object,
        '(' || string_agg(granted.column_name, ', ' order by granted.column_name) || ')'
    )
    from granted
    cross join aclexplode(granted.acl) item
    where item.grantee <> granted.owner
        and granted.object <> 'schema public'
    group by item.grantee, item.privilege_type, granted.object, granted.column_name is null
    union all
    select format('row-level security is off on %s', relation.name)
    from relation
    where relation.relkind in ('r', 'p')
        and not relation.relrowsecurity
    order by 1;
$$;

comment on function private.list_privileges is 'Sentences such as: anon may select public.services (id, title).';

-- The version of the newest migration that was applied; null where none is recorded, as after a load of sql/.
-- Definer: the job has no access to the Supabase CLI's history.
create function private.schema_version()
    returns text
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    if to_regclass('supabase_migrations.schema_migrations') is null then
        return null;
    end if;
    return (select max(applied.version) from supabase_migrations.schema_migrations applied);
end;
$$;

-- Whether the newest event that was applied moved real money; null if none was. The key of the jobs has to be of the same mode.
-- Definer: the job has no access to the table.
create function private.latest_livemode()
    returns boolean
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select event.livemode
    from private.webhook_events event
    where event.status = 'processed'
    order by event.provider desc, event.received_at desc
    limit 1;
$$;
