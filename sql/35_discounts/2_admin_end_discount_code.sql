-- Ends a discount code; what was booked with it stays. Platform admins only. Definer: nobody writes codes directly.
create function private.admin_end_discount_code(p_discount_code_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.require_platform_admin(p_reason);

    update public.discount_codes set is_active = false where id = p_discount_code_id;
    if not found then
        perform private.refuse(
            'PT404', 'code_not_found',
            'There is no such code.',
            'Check the id.'
        );
    end if;
end;
$$;
