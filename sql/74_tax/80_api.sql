create function public.save_seller_details(
    p_kind public.seller_kind,
    p_legal_name text,
    p_address_line text,
    p_city text,
    p_postal_code text,
    p_country text,
    p_birth_date date default null,
    p_registration_number text default null,
    p_tax_ids jsonb default '{}',
    p_vat_number text default null,
    p_org_id uuid default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.save_seller_details(
    p_org_id, p_kind, p_legal_name, p_address_line, p_city, p_postal_code, p_country, p_birth_date, p_registration_number,
    p_tax_ids, p_vat_number
);

comment on function public.save_seller_details is
    'Saves what tax offices ask about whoever is paid: for the calling instructor in all organizations at once, or with p_org_id for a '
    'school, by its own admins. Replaces what was said before. An individual has a p_birth_date, a company a p_registration_number; '
    'p_country is an ISO 3166-1 code; p_tax_ids are numbers by country: {"GB": "AB123456C"}. Errors: sign_in_required, '
    'instructor_not_found, organization_not_found, value_missing, birth_is_plausible, and the rules of public.seller_details.';

create function public.my_platform_report(p_year integer)
    returns table (
        year integer,
        org_id uuid,
        organization text,
        payee_id uuid,
        kind public.seller_kind,
        legal_name text,
        address_line text,
        city text,
        postal_code text,
        country text,
        birth_date date,
        registration_number text,
        tax_ids text,
        vat_number text,
        stripe_account_id text,
        currency text,
        q1_consideration_cents bigint,
        q2_consideration_cents bigint,
        q3_consideration_cents bigint,
        q4_consideration_cents bigint,
        q1_fees_cents bigint,
        q2_fees_cents bigint,
        q3_fees_cents bigint,
        q4_fees_cents bigint,
        q1_activities bigint,
        q2_activities bigint,
        q3_activities bigint,
        q4_activities bigint,
        missing text
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        reported.year, reported.org_id, reported.organization, reported.payee_id, reported.kind, reported.legal_name,
        reported.address_line, reported.city, reported.postal_code, reported.country, reported.birth_date,
        reported.registration_number, reported.tax_ids, reported.vat_number, reported.stripe_account_id, reported.currency,
        reported.q1_consideration_cents, reported.q2_consideration_cents, reported.q3_consideration_cents,
        reported.q4_consideration_cents, reported.q1_fees_cents, reported.q2_fees_cents, reported.q3_fees_cents,
        reported.q4_fees_cents, reported.q1_activities, reported.q2_activities, reported.q3_activities, reported.q4_activities,
        reported.missing
    from private.my_platform_report(p_year) reported;
end;

comment on function public.my_platform_report is
    'What the platform reports to tax offices about the caller, and about schools that they administer, in a calendar year: by quarter the '
    'consideration net of fees, the fees and the number of lessons, in the minor unit. The Data API writes it as CSV too. '
    'Errors: sign_in_required, bad_year.';

create function public.list_fee_invoices(p_limit integer default 50, p_before uuid default null)
    returns table (
        id uuid,
        number text,
        kind public.fee_document_kind,
        credits_number text,
        bearer public.fee_bearer,
        org_id uuid,
        organization text,
        order_id uuid,
        currency text,
        fee_cents bigint,
        discount_cents bigint,
        total_cents bigint,
        net_cents bigint,
        vat_treatment public.vat_treatment,
        vat_rate_bps integer,
        vat_cents bigint,
        issuer_name text,
        issuer_address text,
        issuer_vat_number text,
        recipient_name text,
        recipient_address text,
        recipient_vat_number text,
        supplied_at timestamptz,
        issued_at timestamptz
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        document.id, document.number, document.kind, document.credits_number, document.bearer, document.org_id, document.organization,
        document.order_id, document.currency, document.fee_cents, document.discount_cents, document.total_cents, document.net_cents,
        document.vat_treatment, document.vat_rate_bps, document.vat_cents, document.issuer_name, document.issuer_address,
        document.issuer_vat_number, document.recipient_name, document.recipient_address, document.recipient_vat_number,
        document.supplied_at, document.issued_at
    from private.list_fee_invoices(p_limit, p_before) document;
end;

comment on function public.list_fee_invoices is
    'The invoices and credit notes for the platform''s fee that the caller, or a school that they administer, was sent; latest first. In '
    'pages of at most 200; p_before is the id of the previous page''s last one. Amounts are in the minor unit: fee - discount = total = '
    'net + VAT. Errors: sign_in_required.';

create function public.admin_set_registration(
    p_country text,
    p_legal_name text,
    p_address text,
    p_reason text,
    p_vat_number text default null,
    p_vat_rate_bps integer default 0,
    p_is_home boolean default false
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_set_registration(p_country, p_legal_name, p_address, p_vat_number, p_vat_rate_bps, p_is_home, p_reason);

comment on function public.admin_set_registration is
    'Sets what the platform''s invoices say of it in a country: name, address, VAT number and rate (2000 is 20 %); p_is_home: where it is '
    'established. Platform admins only. Errors: not_an_admin, second_factor_required, reason_required, value_missing, and the rules of '
    'public.platform_registrations.';
