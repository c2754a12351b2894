create function private.refuse_unknown_learner()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT404', 'learner_not_found',
        'There is no such learner whom you answer for.',
        'Check the id, and that you are signed in as the right person.'
    );
end;
$$;
