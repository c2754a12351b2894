-- A line of the yearly report about a seller, in one currency.
create type private.seller_report as (
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
);
comment on type private.seller_report is
    'A seller''s year in one currency, by quarter: consideration net of fees, fees withheld or charged, number of activities; and which data '
    'of the seller are missing.';

-- A fee as it was posted to the ledger, with what it is for and who bears it.
create type private.posted_fee as (
    org_id uuid,
    entry_id bigint,
    currency text,
    fee_cents bigint,
    discount_cents bigint,
    supplied_at timestamptz,
    order_id uuid,
    instructor_id uuid,
    supply_model public.supply_model,
    bearer public.fee_bearer,
    payer_id uuid,
    payee_id uuid
);
comment on type private.posted_fee is 'A fee of the ledger: positive if it was earned, negative if it was given back.';

-- Which VAT is in a fee, and who issues the invoice.
create type private.vat_terms as (
    treatment public.vat_treatment,
    rate_bps integer,
    issuer_name text,
    issuer_address text,
    issuer_vat_number text
);
