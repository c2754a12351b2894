-- Trigger of every audited table: writes the audit rows of one statement in one insert. An update records only the columns that
-- changed, and no row if nothing changed; a changed key is recorded as a delete and an insert.
-- Arguments: the key column, then the columns that hold personal data.
-- Definer: writers of the audited tables may not write the log.
create function private.record_change()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    key_column constant text := tg_argv[0];
    org_column constant text := case tg_table_name when 'organizations' then 'id' else 'org_id' end;
    personal_columns constant text[] := tg_argv[1:];
    actor record;
begin
    select * into actor from private.actor();
    if tg_op = 'INSERT' then
        insert into public.audit_logs (
            org_id, entity_type, entity_id, action, new_values, user_id, actor_kind, reason, ip, request_id
        )
        select
            (change.image operator(extensions.->) org_column)::uuid,
            tg_table_name,
            change.image operator(extensions.->) key_column,
            'insert',
            jsonb_strip_nulls(
                extensions.hstore_to_jsonb_loose(
                    case
                        when change.image operator(extensions.?|) personal_columns then private.redact(change.image, personal_columns)
                        else change.image
                    end
                )
            ),
            actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
        from (select extensions.hstore(new_row) as image from new_rows new_row offset 0) change;
    elsif tg_op = 'DELETE' then
        insert into public.audit_logs (
            org_id, entity_type, entity_id, action, old_values, user_id, actor_kind, reason, ip, request_id
        )
        select
            (change.image operator(extensions.->) org_column)::uuid,
            tg_table_name,
            change.image operator(extensions.->) key_column,
            'delete',
            extensions.hstore_to_jsonb_loose(
                case
                    when change.image operator(extensions.?|) personal_columns then private.redact(change.image, personal_columns)
                    else change.image
                end
            ),
            actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
        from (select extensions.hstore(old_row) as image from old_rows old_row offset 0) change;
    else
        insert into public.audit_logs (
            org_id, entity_type, entity_id, action, old_values, new_values, user_id, actor_kind, reason, ip, request_id
        )
        select
            (change.image operator(extensions.->) org_column)::uuid,
            tg_table_name,
            change.image operator(extensions.->) key_column,
            case when change.became is null then 'delete' when change.was is null then 'insert' else 'update' end,
            extensions.hstore_to_jsonb_loose(
                case
                    when change.was operator(extensions.?|) personal_columns then private.redact(change.was, personal_columns)
                    else change.was
                end
            ),
            extensions.hstore_to_jsonb_loose(
                case
                    when change.became operator(extensions.?|) personal_columns then private.redact(change.became, personal_columns)
                    else change.became
                end
            ),
            actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
        from (
            select
                coalesce(new_image.image, old_image.image) as image,
                old_image.image operator(extensions.-) coalesce(new_image.image, '') operator(extensions.-) 'updated_at'::text as was,
                new_image.image operator(extensions.-) coalesce(old_image.image, '') operator(extensions.-) 'updated_at'::text as became
            from (
                select image, image operator(extensions.->) key_column as key
                from (select extensions.hstore(old_row) as image from old_rows old_row offset 0) imaged
                offset 0
            ) old_image
            full join (
                select image, image operator(extensions.->) key_column as key
                from (select extensions.hstore(new_row) as image from new_rows new_row offset 0) imaged
                offset 0
            ) new_image on new_image.key = old_image.key
            offset 0
        ) change
        where coalesce(change.was operator(extensions.<>) change.became, true);
    end if;
    return null;
end;
$$;

-- A row (as hstore) with '(personal)' in place of personal data.
create function private.redact(p_image extensions.hstore, p_personal_columns text[])
    returns extensions.hstore
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_image operator(extensions.||) coalesce(
        (
            select extensions.hstore(array_agg(personal.column_name), array_agg('(personal)'::text))
            from unnest(p_personal_columns) personal (column_name)
            where p_image operator(extensions.->) personal.column_name is not null
        ),
        ''::extensions.hstore
    );
end;
$$;

-- Who is acting, from where and why. Taken from the Data API's verified claims and headers, and from what our functions note for
-- the transaction: lplate.acting_user (for whom a service acts), lplate.reason (an admin's reason). A caller can send any header, so
-- the address counts only from the header that the platform's own proxy writes, which lplate.client_address_header names; of a list
-- it is the last, which the nearest proxy has added. Malformed headers are ignored, so that they never stop a change.
create function private.actor(
    out user_id uuid,
    out kind private.actor_kind,
    out reason text,
    out ip inet,
    out request_id text
)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    given_headers text := current_setting('request.headers', true);
    headers jsonb := case when pg_input_is_valid(given_headers, 'jsonb') then given_headers::jsonb end;
    address text := trim(split_part(headers ->> lower(current_setting('lplate.client_address_header', true)), ',', -1));
begin
    user_id := coalesce(private.my_user_id(), nullif(current_setting('lplate.acting_user', true), '')::uuid);
    kind := private.actor_kind();
    reason := nullif(current_setting('lplate.reason', true), '');
    ip := case when pg_input_is_valid(address, 'inet') then address::inet end;
    request_id := left(headers ->> 'x-request-id', 200);
end;
$$;

-- Records an admin's decision about a row of a table that is not audited because it changes too often. The caller has called
-- require_platform_admin, which notes the reason.
create function private.record_decision(p_entity_type text, p_entity_id text, p_old_values jsonb, p_new_values jsonb)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into public.audit_logs (
        entity_type, entity_id, action, old_values, new_values, user_id, actor_kind, reason, ip, request_id
    )
    select
        p_entity_type, p_entity_id, 'update', p_old_values, p_new_values,
        actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
    from private.actor() actor;
$$;
