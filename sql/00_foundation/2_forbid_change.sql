-- Keeps append-only tables append-only, for every writer and also against truncate.
-- Definer: the writer may have no access to private.
create function private.forbid_change()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT409', 'append_only',
        format('%s is append-only: its rows are never changed or removed.', tg_table_name),
        'Record a correction as a new row.'
    );
    return null;
end;
$$;
