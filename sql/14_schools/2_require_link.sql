create function private.require_link(p_is_linked boolean)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if not p_is_linked then
        perform private.refuse(
            'PT409', 'login_is_linked',
            'Another login is linked already.',
            'Ask the school for an invitation that is not bound to somebody else.'
        );
    end if;
end;
$$;
