-- What comes of a statement: '+' if it changes or finds one row and p_look, asked as a superuser, sees that; '0' if
-- it finds none, which is not undone; '-' if it is refused; a code of ours; or what happened instead.
create function pg_temp.probe(p_statement text, p_look text)
    returns text
    language plpgsql
as $$
declare
    affected bigint;
    is_seen boolean;
    error_detail text;
begin
    execute p_statement;
    get diagnostics affected = row_count;
    if affected = 0 then
        return '0';
    end if;
    perform set_config('role', 'none', true);
    execute p_look into is_seen;
    raise exception using
        errcode = 'UNDO0',
        message = case when affected = 1 and is_seen then '+' else format('%s rows, seen: %s', affected, is_seen) end;
exception
    when sqlstate 'UNDO0' then
        return sqlerrm;
    when others then
        get stacked diagnostics error_detail = pg_exception_detail;
        return case
            when pg_input_is_valid(error_detail, 'jsonb') then error_detail::jsonb ->> 'code'
            when sqlstate = '42501' or (sqlstate = '55000' and sqlerrm ~ 'view') then '-'
            else sqlstate || ' ' || sqlerrm
        end;
end;
$$;
