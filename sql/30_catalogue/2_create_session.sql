-- Offers a service of the caller's own, at a price in any currency or at the hourly rate, which has the instructor's.
-- Definer: the organization follows from the instructor, not from the caller's word.
create function private.create_session(
    p_expert_user_id uuid,
    p_title text,
    p_description text,
    p_duration_minutes integer,
    p_price_cents bigint,
    p_currency text,
    p_org_id uuid
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    instructor public.instructors;
begin
    if p_expert_user_id is distinct from private.require_person() then
        perform private.refuse(
            '42501', 'not_yourself',
            'You can offer lessons as yourself only.',
            'Send your own user id as p_expert_user_id.'
        );
    end if;

    select * into instructor
    from public.instructors
    where user_id = p_expert_user_id
        and org_id = coalesce(p_org_id, private.marketplace_id());

    if not found then
        perform private.refuse(
            'PT404', 'not_an_instructor',
            'You are not an instructor here yet.',
            'Call become_instructor first.'
        );
    end if;

    if p_price_cents is null and private.require_currency(p_currency) <> instructor.currency then
        perform private.refuse(
            'PT422', 'currency_differs',
            'Your hourly rate is in another currency.',
            'Send a price in this currency, or use the currency of your hourly rate.'
        );
    end if;

    return private.create_service(
        instructor.org_id, p_title, p_duration_minutes, instructor.id, p_description, null, null, p_price_cents,
        private.require_currency(p_currency), null, null, null, 1, false, 24, 'automatic'
    );
end;
$$;
