-- Writes the audit rows of one statement, however many rows it changed. Updates record only what changed, and an update
-- that changed nothing leaves no row; a row whose key changed leaves as one and comes as another.
-- Arguments: the key column, then the columns that hold personal data.
-- Definer: writers of the audited tables may not write the log.
create function private.record_change()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    key_column text := tg_argv[0];
    personal_columns text[] := tg_argv[1:];
begin
    if tg_op = 'INSERT' then
        insert into public.audit_logs (
            org_id, entity_type, entity_id, action, new_values, user_id, actor_kind, reason, ip, request_id
        )
        select
            private.image_org_id(tg_table_name, change.image),
            tg_table_name,
            change.image operator(extensions.->) key_column,
            'insert',
            jsonb_strip_nulls(extensions.hstore_to_jsonb_loose(private.redact(change.image, personal_columns))),
            actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
        from (select extensions.hstore(new_row) as image from new_rows new_row) change
        cross join private.actor() actor;
    elsif tg_op = 'DELETE' then
        insert into public.audit_logs (
            org_id, entity_type, entity_id, action, old_values, user_id, actor_kind, reason, ip, request_id
        )
        select
            private.image_org_id(tg_table_name, change.image),
            tg_table_name,
            change.image operator(extensions.->) key_column,
            'delete',
            extensions.hstore_to_jsonb_loose(private.redact(change.image, personal_columns)),
            actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
        from (select extensions.hstore(old_row) as image from old_rows old_row) change
        cross join private.actor() actor;
    else
        insert into public.audit_logs (
            org_id, entity_type, entity_id, action, old_values, new_values, user_id, actor_kind, reason, ip, request_id
        )
        select
            private.image_org_id(tg_table_name, change.image),
            tg_table_name,
            change.image operator(extensions.->) key_column,
            case when change.became is null then 'delete' when change.was is null then 'insert' else 'update' end,
            extensions.hstore_to_jsonb_loose(private.redact(change.was, personal_columns)),
            extensions.hstore_to_jsonb_loose(private.redact(change.became, personal_columns)),
            actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
        from (
            select
                coalesce(new_image.image, old_image.image) as image,
                old_image.image operator(extensions.-) coalesce(new_image.image, '') operator(extensions.-) 'updated_at'::text as was,
                new_image.image operator(extensions.-) coalesce(old_image.image, '') operator(extensions.-) 'updated_at'::text as became
            from (select extensions.hstore(old_row) as image from old_rows old_row) old_image
            full join (select extensions.hstore(new_row) as image from new_rows new_row) new_image
                on new_image.image operator(extensions.->) key_column = old_image.image operator(extensions.->) key_column
        ) change
        cross join private.actor() actor
        where coalesce(change.was operator(extensions.<>) change.became, true);
    end if;
    return null;
end;
$$;
