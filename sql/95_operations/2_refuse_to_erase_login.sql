create function private.refuse_to_erase_login()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT409', 'has_a_login',
        'This person has a login of their own.',
        'They erase themselves with erase_person, or the platform''s admins do.'
    );
end;
$$;
