-- Which VAT is in the platform's fee. The fee that is charged is the whole; VAT is a part of it.

-- The terms of a fee for lessons that a payee of a country gives. A business of another country, with a VAT number, owes the VAT itself;
-- else it is that of the country of the lessons, if the platform is registered there; without a registration there is none.
create function private.vat_terms_of(p_country text, p_business_vat_number text)
    returns private.vat_terms
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    home public.platform_registrations;
    here public.platform_registrations;
    issuer public.platform_registrations;
    treatment public.vat_treatment := 'none';
begin
    select * into home from public.platform_registrations where is_home;
    select * into here from public.platform_registrations where country = coalesce(p_country, home.country);
    issuer := case when here.country is null then home else here end;
    if p_business_vat_number is not null and p_country <> home.country and home.vat_number is not null then
        treatment := 'reverse_charge';
        issuer := home;
    elsif here.vat_number is not null then
        treatment := 'standard';
    end if;
    return row(
        treatment,
        case treatment when 'standard' then here.vat_rate_bps else 0 end,
        coalesce(
            issuer.legal_name,
            (select organization.name from public.organizations organization where organization.id = private.platform_id())
        ),
        issuer.address,
        issuer.vat_number
    )::private.vat_terms;
end;
$$;

-- The VAT of a rate in an amount that includes it, rounded half up.
create function private.vat_in(p_total_cents bigint, p_rate_bps integer)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.prorate(p_total_cents, p_rate_bps, 10000 + p_rate_bps);
$$;

-- Sets what the platform's invoices say of it in a country, and the VAT there; invoices that were issued keep theirs. Without a VAT number
-- no VAT is charged. Platform admins only. Definer: nobody writes registrations directly.
create function private.admin_set_registration(
    p_country text,
    p_legal_name text,
    p_address text,
    p_vat_number text,
    p_vat_rate_bps integer,
    p_is_home boolean,
    p_reason text
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
    perform private.require_platform_admin(p_reason);
    if p_is_home then
        update public.platform_registrations set is_home = false where is_home and country <> upper(p_country);
    end if;
    insert into public.platform_registrations as known (country, legal_name, address, vat_number, vat_rate_bps, is_home)
    values (
        upper(trim(p_country)), trim(p_legal_name), trim(p_address), private.plain_number(p_vat_number), coalesce(p_vat_rate_bps, 0),
        coalesce(p_is_home, false)
    )
    on conflict (country) do update
    set legal_name = excluded.legal_name,
        address = excluded.address,
        vat_number = excluded.vat_number,
        vat_rate_bps = excluded.vat_rate_bps,
        is_home = excluded.is_home;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;
