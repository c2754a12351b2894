-- The signed-in person, or a refusal.
create function private.require_person()
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    person uuid := private.my_user_id();
begin
    if person is null then
        perform private.refuse(
            '42501', 'sign_in_required',
            'This needs a signed-in person.',
            'Sign in with an e-mail address or a phone number, then try again.'
        );
    end if;
    return person;
end;
$$;
