-- Offers a service of the caller's own.
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
    new_service_id uuid;
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

    insert into public.services (
        org_id, instructor_id, title, description, short_description, duration_minutes, price_cents, currency
    )
    values (
        instructor.org_id,
        instructor.id,
        trim(p_title),
        p_description,
        private.shorten(p_description, 500),
        p_duration_minutes,
        p_price_cents,
        private.require_currency(p_currency)
    )
    on conflict do nothing
    returning id into new_service_id;

    if new_service_id is null then
        perform private.refuse(
            'PT409', 'service_exists',
            'You offer a lesson with this title already.',
            'Choose another title, or change the lesson that you have.'
        );
    end if;
    return new_service_id;
end;
$$;
