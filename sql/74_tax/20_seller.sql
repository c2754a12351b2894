-- Saves what the caller says of themselves for tax offices: for all organizations where they teach, so that it is asked once; or, with an
-- organization, for the school that they administer. Each call replaces what was said before.
-- Definer: nobody writes sellers directly.
create function private.save_seller_details(
    p_org_id uuid,
    p_kind public.seller_kind,
    p_legal_name text,
    p_address_line text,
    p_city text,
    p_postal_code text,
    p_country text,
    p_birth_date date,
    p_registration_number text,
    p_tax_ids jsonb,
    p_vat_number text
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    broken_rule text;
    missing_column text;
begin
    perform private.assert_may_say_who_sells(p_org_id, p_birth_date);

    insert into public.seller_details as known (
        org_id, instructor_id, kind, legal_name, address_line, city, postal_code, country,
        birth_date, registration_number, tax_ids, vat_number
    )
    select
        payee.org_id, payee.instructor_id, p_kind, trim(p_legal_name), trim(p_address_line), trim(p_city), nullif(trim(p_postal_code), ''),
        upper(trim(p_country)), p_birth_date, nullif(trim(p_registration_number), ''), private.plain_tax_ids(p_tax_ids),
        private.plain_number(p_vat_number)
    from (
        select instructor.org_id, instructor.id as instructor_id
        from public.instructors instructor
        where p_org_id is null
            and instructor.id = any (private.my_earner_ids())
        union all
        select p_org_id, null
        where p_org_id is not null
    ) payee
    order by payee.org_id
    on conflict (org_id, (coalesce(instructor_id, org_id))) do update
    set kind = excluded.kind,
        legal_name = excluded.legal_name,
        address_line = excluded.address_line,
        city = excluded.city,
        postal_code = excluded.postal_code,
        country = excluded.country,
        birth_date = excluded.birth_date,
        registration_number = excluded.registration_number,
        tax_ids = excluded.tax_ids,
        vat_number = excluded.vat_number;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;

-- Refuses who is no instructor, or, of an organization, none of its own admins; and a date of birth of a child or in the future.
create function private.assert_may_say_who_sells(p_org_id uuid, p_birth_date date)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    if p_org_id is not null and not p_org_id = any (private.my_school_ids()) then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no such organization that you administer.',
            'Check the id, or ask an owner to make you an admin.'
        );
    end if;
    if p_org_id is null and cardinality(private.my_earner_ids()) = 0 then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'You are no instructor, so there is nothing to say to tax offices.',
            'For a school that you administer, send p_org_id.'
        );
    end if;
    if p_birth_date > private.clock() - interval '16 years' then
        perform private.refuse(
            'PT422', 'birth_is_plausible',
            'Nobody who sells lessons was born then.',
            'Send the date of birth as YYYY-MM-DD.'
        );
    end if;
end;
$$;

-- True for an admin of the platform whose session has a second factor, whether or not the platform asks for one elsewhere.
-- Definer: policies call it for readers who may not look names up in private.
create function private.may_read_all_sellers()
    returns boolean
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return private.is_platform_admin() and private.has_second_factor();
end;
$$;

-- A number as tax offices store it: capitals and digits, without spaces, points and hyphens; null for none.
create function private.plain_number(p_number text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select nullif(regexp_replace(upper(p_number), '[\s./-]', '', 'g'), '');
$$;

-- The same of numbers by country; what is no object stays, and is refused by the table.
create function private.plain_tax_ids(p_tax_ids jsonb)
    returns jsonb
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_tax_ids is null or jsonb_typeof(p_tax_ids) <> 'object' then
        return p_tax_ids;
    end if;
    return (
        select coalesce(jsonb_object_agg(upper(number.key), private.plain_number(number.value)), '{}')
        from jsonb_each_text(p_tax_ids) number
    );
end;
$$;

-- Removes the details of an organization's sellers who were erased and have earned nothing for seven years: so long, which is six years
-- and the current one, rules on platform reporting and on VAT ask to keep them. So it does the organization's own, once it has been paid
-- for nothing for as long; it gives them anew when it begins again. Returns how many. maintain_organization (95) calls it.
create function private.remove_old_sellers(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    removed integer;
begin
    delete from public.seller_details seller
    where seller.org_id = p_org_id
        and seller.updated_at < private.clock() - interval '2557 days'
        and not exists (
            select
            from public.instructors instructor
            where instructor.org_id = seller.org_id
                and instructor.id = seller.instructor_id
                and instructor.user_id is not null
        )
        and not exists (
            select
            from public.earnings earning
            where earning.org_id = seller.org_id
                and case
                    when seller.instructor_id is null then earning.payee_id = seller.org_id
                    else earning.instructor_id = seller.instructor_id
                end
                and earning.created_at >= private.clock() - interval '2557 days'
        );
    get diagnostics removed = row_count;
    return removed;
end;
$$;
