-- Adds a discount code; platform admins only, since the platform pays for it. Definer: nobody may write codes directly.
create function private.admin_create_discount_code(p_code public.discount_codes, p_reason text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    new_code_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_platform_admin(p_reason);

    insert into public.discount_codes (
        org_id, code, amount_cents, currency, discount_bps, may_exceed_fee, max_uses, max_uses_per_learner,
        is_first_lesson_only, starts_at, expires_at
    )
    values (
        p_code.org_id, p_code.code, p_code.amount_cents,
        case when p_code.currency is not null then private.require_currency(p_code.currency) end,
        p_code.discount_bps, p_code.may_exceed_fee, p_code.max_uses, p_code.max_uses_per_learner,
        p_code.is_first_lesson_only, coalesce(p_code.starts_at, private.clock()), p_code.expires_at
    )
    returning id into new_code_id;
    return new_code_id;
exception
    when unique_violation then
        perform private.refuse(
            'PT409', 'code_exists',
            'This code exists already.',
            'Choose another code; upper and lower case make no difference.'
        );
        return null;
    when foreign_key_violation then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no such organization.',
            'Check the id.'
        );
        return null;
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Ends a discount code for new bookings; existing bookings keep their discount. Platform admins only.
-- Definer: nobody may write codes directly.
create function private.admin_end_discount_code(p_discount_code_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
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
