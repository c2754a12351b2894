-- Makes the caller an instructor of the marketplace, to be verified by an admin before learners can book.
-- Definer: people may not insert instructors, whose organization and verification are not theirs to choose.
create function private.become_instructor(
    p_display_name text,
    p_hourly_rate_cents bigint,
    p_currency text,
    p_bio text,
    p_time_zone text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    person uuid := private.require_person();
    marketplace public.organizations;
    new_instructor_id uuid;
    broken_rule text;
    missing_column text;
begin
    select * into strict marketplace from public.organizations where is_marketplace;

    insert into public.instructors (org_id, user_id, display_name, hourly_rate_cents, currency, bio, time_zone)
    values (
        marketplace.id,
        person,
        trim(p_display_name),
        p_hourly_rate_cents,
        private.require_currency(coalesce(p_currency, marketplace.currency)),
        p_bio,
        coalesce(p_time_zone, marketplace.time_zone)
    )
    on conflict (org_id, user_id) do nothing
    returning id into new_instructor_id;

    if new_instructor_id is null then
        perform private.refuse(
            'PT409', 'already_an_instructor',
            'You are an instructor already.',
            'Change your instructor profile instead.'
        );
    end if;

    insert into public.organization_members (org_id, user_id, role)
    values (marketplace.id, person, 'instructor')
    on conflict do nothing;

    return new_instructor_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;
