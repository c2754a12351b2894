-- Founds a school; the caller becomes its owner. What the platform earns is the platform's to set.
-- Definer: nobody inserts organizations or memberships directly.
create function private.create_organization(
    p_name text,
    p_slug text,
    p_time_zone text,
    p_currency text,
    p_tax_id text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    person uuid := private.require_person();
    new_org_id uuid;
    broken_rule text;
    missing_column text;
begin
    insert into public.organizations (name, slug, time_zone, currency, tax_id)
    values (
        trim(p_name),
        coalesce(p_slug, nullif(private.slug_of(p_name), ''), 'school-' || left(gen_random_uuid()::text, 8)),
        p_time_zone,
        private.require_currency(p_currency),
        p_tax_id
    )
    on conflict do nothing
    returning id into new_org_id;

    if new_org_id is null then
        perform private.refuse(
            'PT409', 'slug_taken',
            'There is an organization of that name already.',
            'Choose another p_slug.'
        );
    end if;

    insert into public.organization_members (org_id, user_id, role) values (new_org_id, person, 'owner');
    return new_org_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;
