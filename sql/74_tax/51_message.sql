-- What the platform says to HMRC about a year: itself, where it is established, and the sellers of platform_report, as one JSON document that
-- `python -m jobs platform-report --xml` writes in the OECD's format. Amounts are in whole units of the currency, as the format asks. A seller
-- who teaches at several organizations is one; who has said nothing of themselves cannot be in it, and is named by platform_report.
-- Definer: the job has no access to the tables.
create function private.platform_message(p_year integer)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_year(p_year);
    return jsonb_build_object(
        'year', p_year,
        'operator', (
            select jsonb_build_object(
                'country', home.country,
                'name', home.legal_name,
                'address', home.address,
                'vat_number', home.vat_number,
                'business_name', platform.name
            )
            from public.platform_registrations home
            join public.organizations platform on platform.id = private.platform_id()
            where home.is_home
        ),
        'sellers', (select coalesce(jsonb_agg(to_jsonb(seller)), '[]') from private.sellers_of_message(p_year) seller)
    );
end;
$$;

-- The sellers of that message, each once in a currency: by what they have said of themselves, or by payee where no tax number tells who it is.
create function private.sellers_of_message(p_year integer)
    returns table (
        kind public.seller_kind,
        legal_name text,
        address_line text,
        city text,
        postal_code text,
        country text,
        birth_date date,
        registration_number text,
        tax_ids jsonb,
        vat_number text,
        currency text,
        account_ids text[],
        consideration bigint[],
        fees bigint[],
        activities bigint[]
    )
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        said.kind, said.legal_name, said.address_line, said.city, said.postal_code, said.country, said.birth_date,
        said.registration_number, said.tax_ids::jsonb, said.vat_number, said.currency,
        array_remove(array_agg(distinct said.stripe_account_id), null),
        array[
            private.whole_units(sum(said.q1_consideration_cents)::bigint, said.currency),
            private.whole_units(sum(said.q2_consideration_cents)::bigint, said.currency),
            private.whole_units(sum(said.q3_consideration_cents)::bigint, said.currency),
            private.whole_units(sum(said.q4_consideration_cents)::bigint, said.currency)
        ],
        array[
            private.whole_units(sum(said.q1_fees_cents)::bigint, said.currency),
            private.whole_units(sum(said.q2_fees_cents)::bigint, said.currency),
            private.whole_units(sum(said.q3_fees_cents)::bigint, said.currency),
            private.whole_units(sum(said.q4_fees_cents)::bigint, said.currency)
        ],
        array[sum(said.q1_activities), sum(said.q2_activities), sum(said.q3_activities), sum(said.q4_activities)]::bigint[]
    from private.seller_reports(p_year, null) said
    where said.kind is not null
    group by
        said.kind, said.legal_name, said.address_line, said.city, said.postal_code, said.country, said.birth_date,
        said.registration_number, said.tax_ids, said.vat_number, said.currency,
        case when said.tax_ids = '{}' then said.payee_id end
    order by said.legal_name, said.tax_ids, min(said.payee_id::text), said.currency;
end;
$$;

-- An amount in whole units of its currency, rounded half away from zero.
create function private.whole_units(p_cents bigint, p_currency text)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case when p_cents < 0 then -1 else 1 end * private.prorate(abs(p_cents), 1, (10 ^ currency.minor_digits)::bigint)
    from private.currencies currency
    where currency.code = p_currency;
$$;
