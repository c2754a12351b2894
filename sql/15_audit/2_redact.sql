-- A row's image in which personal data is named but not shown.
create function private.redact(p_image extensions.hstore, p_personal_columns text[])
    returns extensions.hstore
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select p_image operator(extensions.||) coalesce(
        (
            select extensions.hstore(array_agg(personal.column_name), array_agg('(personal)'::text))
            from unnest(p_personal_columns) personal (column_name)
            where p_image operator(extensions.->) personal.column_name is not null
        ),
        ''::extensions.hstore
    );
$$;
