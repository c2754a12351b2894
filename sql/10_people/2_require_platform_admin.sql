-- The signed-in platform admin, or a refusal; remembers the reason for the audit log.
create function private.require_platform_admin(p_reason text)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if not private.is_platform_admin() then
        perform private.refuse(
            '42501', 'not_an_admin',
            'Only an admin of the platform can do this.',
            'Ask an admin.'
        );
    end if;
    if coalesce(length(trim(p_reason)), 0) not between 3 and 500 then
        perform private.refuse(
            'PT422', 'reason_required',
            'An admin''s decision needs a reason of 3 to 500 characters.',
            'Say in a sentence why; it is kept in the audit log.'
        );
    end if;
    perform set_config('lplate.reason', p_reason, true);
    return private.my_user_id();
end;
$$;
