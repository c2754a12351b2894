-- Publishes the next version of an organization's terms, which is in force at once, and returns its number; for the organization's admins.
-- The organization's row is locked, so that two at once follow one another.
-- Definer: nobody writes terms directly.
create function private.publish_terms(p_org_id uuid, p_body text)
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    new_version integer;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);
    perform from public.organizations where id = p_org_id for no key update;

    insert into public.terms_versions (org_id, version, body)
    select p_org_id, coalesce(max(earlier.version), 0) + 1, p_body
    from public.terms_versions earlier
    where earlier.org_id = p_org_id
    returning version into new_version;
    return new_version;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;

-- The terms in force at an organization, and when the caller accepted them; no row if it has none.
-- Definer: visitors read them before they book.
create function private.current_terms(p_org_id uuid)
    returns table (terms_id uuid, version integer, body text, published_at timestamptz, accepted_at timestamptz)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select terms.id, terms.version, terms.body, terms.published_at, acceptance.accepted_at
    from public.terms_versions terms
    left join public.terms_acceptances acceptance
        on acceptance.org_id = terms.org_id
        and acceptance.terms_id = terms.id
        and acceptance.user_id = private.my_user_id()
    where terms.org_id = p_org_id
    order by terms.version desc
    limit 1;
$$;

-- Records that the caller accepts the terms that are in force, and from where; again changes nothing.
-- Definer: nobody writes acceptances directly.
create function private.accept_terms(p_terms_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    terms public.terms_versions;
begin
    select * into terms from public.terms_versions where id = p_terms_id;
    if not found then
        perform private.refuse(
            'PT404', 'terms_not_found',
            'There are no such terms.',
            'Ask current_terms.'
        );
    end if;
    if exists (
        select
        from public.terms_versions later
        where later.org_id = terms.org_id
            and later.version > terms.version
    ) then
        perform private.refuse(
            'PT409', 'terms_superseded',
            'These terms are not in force any more.',
            'Show what current_terms says now, and accept that.'
        );
    end if;

    insert into public.terms_acceptances (org_id, terms_id, user_id, ip)
    values (terms.org_id, terms.id, person, (private.actor()).ip)
    on conflict (org_id, terms_id, user_id) do nothing;
end;
$$;

-- Removes the addresses of an organization's acceptances after 540 days, and returns how many. maintain_organization (95) calls it.
create function private.forget_old_addresses(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    forgotten integer;
begin
    update public.terms_acceptances
    set ip = null
    where org_id = p_org_id
        and ip is not null
        and accepted_at < private.clock() - interval '540 days';
    get diagnostics forgotten = row_count;
    return forgotten;
end;
$$;

-- Removes the addresses from which a person who is erased has accepted terms. erase_person (95) calls it.
create function private.forget_addresses(p_user_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.terms_acceptances
    set ip = null
    where user_id = p_user_id
        and ip is not null;
$$;
