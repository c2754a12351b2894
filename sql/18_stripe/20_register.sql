-- Trigger of a table that holds a Stripe id: registers the row as the one that the object belongs to. Refuses an id of another row,
-- unless that row only held what had none of its own yet. An id that the row gives up is forgotten.
-- Arguments: the type of the object, and the column.
-- Definer: whoever writes the row may not write the registry.
create function private.register_stripe_object()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    unmatched_tables constant text[] := array['suspense_items', 'unbooked_transfers'];
    stripe_id constant text := to_jsonb(new) ->> tg_argv[1];
begin
    if tg_op = 'UPDATE' then
        delete from private.stripe_objects
        where id = to_jsonb(old) ->> tg_argv[1]
            and id <> stripe_id
            and row_id = old.id;
    end if;

    insert into private.stripe_objects (id, type, org_id, table_name, row_id)
    values (stripe_id, tg_argv[0]::private.stripe_object_type, new.org_id, tg_table_name, new.id)
    on conflict (id) do nothing;
    if found or tg_table_name = any (unmatched_tables) then
        return null;
    end if;

    update private.stripe_objects
    set org_id = new.org_id,
        table_name = tg_table_name,
        row_id = new.id
    where id = stripe_id
        and (table_name = any (unmatched_tables) or (org_id, row_id) = (new.org_id, new.id));
    if not found then
        raise exception using
            errcode = 'unique_violation',
            constraint = 'a_stripe_id_belongs_to_one_row',
            message = 'That Stripe object belongs to another row.';
    end if;
    return null;
end;
$$;

-- The entry of the first of these Stripe ids that belongs to a row of this table; null if none does.
create function private.stripe_row(p_table_name text, variadic p_stripe_ids text[])
    returns private.stripe_objects
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select known
        from private.stripe_objects known
        where known.id = any (p_stripe_ids)
            and known.table_name = p_table_name
        order by array_position(p_stripe_ids, known.id)
        limit 1
    );
end;
$$;

-- The organization of the first of these Stripe ids that is known; null if none is.
create function private.organization_of_stripe_ids(variadic p_stripe_ids text[])
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select known.org_id
    from private.stripe_objects known
    where known.id = any (p_stripe_ids)
    order by array_position(p_stripe_ids, known.id)
    limit 1;
$$;
