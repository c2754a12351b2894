create function private.refuse_code()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT409', 'code_not_valid',
        'That code cannot be used for this.',
        'Book without it, or use another one.'
    );
end;
$$;
