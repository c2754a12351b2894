-- 74_tax: what tax offices ask of a platform: who its sellers are, what they were paid, and invoices for the platform's own fee.
--
-- seller_details          what a payee says of themselves: legal name, address, tax numbers
-- fee_invoices            an invoice for each fee that was posted, a credit note for what of it was given back
-- fee_invoice_series      the counters of their numbers, an organization's each, without gaps
-- uninvoiced_fees         the worklist: fees that were posted and have no invoice yet; and those that never have one
-- platform_registrations  where the platform is established and registered for VAT
--
--   20_seller       save_seller_details, and until when the details are kept
--   30_issue        issue_fee_invoices: turns the worklist into invoices and credit notes; called by maintenance (95)
--   31_fees         what a posted fee is for, and who bears it
--   32_vat          which VAT is in a fee; admin_set_registration
--   40_list         list_fee_invoices
--   41_print        fee_invoice_for: an invoice as the webhook service prints it
--   50_report       platform_report: what sellers were paid, by quarter, for the yearly report and for themselves
--   51_message      platform_message: the same as HMRC is told
--
-- The types of what is handed on between these files are in 15_types.
--
-- Fees reach the worklist from 82_effects, when they are posted to the ledger. Nothing here moves money: VAT is a part of the fee.

create type public.seller_kind as enum ('individual', 'company');
create type public.fee_document_kind as enum ('invoice', 'credit_note');
create type public.fee_bearer as enum ('payer', 'payee');
create type public.vat_treatment as enum ('standard', 'reverse_charge', 'none');

-- True for numbers by country, such as {"GB": "AB123456C", "FR": "1234567890123"}: at most ten. Of the United Kingdom a UTR or a National
-- Insurance number; elsewhere letters and digits.
create function private.are_tax_ids(p_tax_ids jsonb)
    returns boolean
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if jsonb_typeof(p_tax_ids) <> 'object' then
        return false;
    end if;
    return (
        select count(*) <= 10 and coalesce(
            bool_and(
                coalesce(
                    number.key ~ '^[A-Z]{2}$'
                    and number.value ~ case number.key
                        when 'GB' then '^([0-9]{10}|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D])$'
                        else '^[A-Z0-9]{4,20}$'
                    end,
                    false
                )
            ),
            true
        )
        from jsonb_each_text(p_tax_ids) number
    );
end;
$$;

-- True for a VAT number with its country's prefix, such as GB123456789; null for null.
create function private.is_vat_number(p_vat_number text)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
    return case left(p_vat_number, 2)
        when 'GB' then p_vat_number ~ '^GB([0-9]{9}|[0-9]{12}|GD[0-4][0-9]{2}|HA[5-9][0-9]{2})$'
        else p_vat_number ~ '^[A-Z]{2}[A-Z0-9]{2,13}$'
    end;

create table public.seller_details (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    instructor_id uuid,
    kind public.seller_kind not null,
    legal_name text not null,
    address_line text not null,
    city text not null,
    postal_code text,
    country text not null,
    birth_date date,
    registration_number text,
    tax_ids jsonb not null default '{}',
    vat_number text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint texts_are_short check (
        greatest(length(legal_name), length(address_line), length(city)) <= 200 and least(length(legal_name), length(city)) > 0
        and length(postal_code) between 1 and 20 and length(registration_number) between 1 and 40
    ),
    constraint texts_are_readable check (
        private.is_line(legal_name) and private.is_line(address_line) and private.is_line(city) and private.is_line(postal_code)
        and private.is_line(registration_number)
    ),
    constraint country_is_an_iso_code check (country ~ '^[A-Z]{2}$'),
    constraint an_individual_has_a_birth_date check ((kind = 'individual') = (birth_date is not null)),
    constraint a_company_has_a_registration_number check (kind <> 'company' or registration_number is not null),
    constraint birth_is_plausible check (birth_date between date '1900-01-01' and date '2100-01-01'),
    constraint tax_ids_are_numbers_by_country check (private.are_tax_ids(tax_ids)),
    constraint vat_number_has_the_form_of_its_country check (private.is_vat_number(vat_number))
);

create unique index one_seller_a_payee on public.seller_details (org_id, (coalesce(instructor_id, org_id)));
create index on public.seller_details (instructor_id);

comment on table public.seller_details is
    'What a payee says of themselves for tax offices. Kept apart from instructors and organizations: the payee alone writes it, and besides '
    'them only the platform''s admins read it, with a second factor.';
comment on column public.seller_details.instructor_id is 'The instructor who is paid; null: the organization itself.';
comment on column public.seller_details.registration_number is 'Of a company: its number in the register of companies.';
comment on column public.seller_details.tax_ids is 'Tax numbers by country (ISO 3166-1): {"GB": "AB123456C"}.';
comment on column public.seller_details.vat_number is 'With the prefix of its country; null: not registered for VAT.';

create table public.platform_registrations (
    country text primary key,
    legal_name text not null,
    address text not null,
    vat_number text,
    vat_rate_bps integer not null default 0,
    is_home boolean not null default false,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    constraint country_is_an_iso_code check (country ~ '^[A-Z]{2}$'),
    constraint texts_are_short check (length(legal_name) between 1 and 200 and length(address) between 1 and 500),
    constraint texts_are_readable check (private.is_line(legal_name) and private.is_line(address)),
    constraint vat_number_has_the_form_of_its_country check (private.is_vat_number(vat_number)),
    constraint rate_is_a_fraction check (vat_rate_bps between 0 and 5000),
    constraint only_who_is_registered_charges_vat check (vat_number is not null or vat_rate_bps = 0)
);

create unique index there_is_one_home on public.platform_registrations (is_home) where is_home;

comment on table public.platform_registrations is
    'Where the platform is established and registered for VAT: what its invoices say of it, by country. Without a VAT number no VAT is charged.';
comment on column public.platform_registrations.is_home is 'Whether the platform is established there.';

create table private.fee_invoice_series (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    series bigint not null generated always as identity,
    invoices bigint not null default 0,
    credit_notes bigint not null default 0,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    constraint counts_are_not_negative check (least(invoices, credit_notes) >= 0)
);

create unique index one_series_an_organization on private.fee_invoice_series (org_id);

comment on table private.fee_invoice_series is
    'How many invoices and credit notes an organization''s fees have: whoever issues one locks this row until the end of the transaction, so '
    'that numbers have no gaps. Maintenance alone does, so that no payment waits for it.';
comment on column private.fee_invoice_series.series is 'Stands in the numbers, so that they differ between organizations: F7-000001.';

create table private.uninvoiced_fees (
    org_id uuid not null,
    entry_id bigint not null,
    is_own_sale boolean not null default false,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, entry_id),
    foreign key (org_id, entry_id) references private.ledger_entries (org_id, id) on delete restrict
);

create index fees_that_wait_for_an_invoice on private.uninvoiced_fees (org_id, entry_id) where not is_own_sale;

comment on table private.uninvoiced_fees is 'Entries of platform_fees that have no invoice: not yet, or never because the lesson was an own sale.';
comment on column private.uninvoiced_fees.is_own_sale is
    'Whether the organization or the platform sold the lesson in its own name (principal): what it keeps of the price is no fee.';

create table public.fee_invoices (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    kind public.fee_document_kind not null,
    number text not null,
    bearer public.fee_bearer not null,
    payer_id uuid references public.profiles (id) on delete set null,
    payee_id uuid not null,
    instructor_id uuid not null,
    order_id uuid,
    entry_id bigint not null,
    credited_invoice_id uuid,
    currency text not null,
    fee_cents bigint not null,
    discount_cents bigint not null,
    total_cents bigint not null generated always as (fee_cents - discount_cents) stored,
    vat_treatment public.vat_treatment not null,
    vat_rate_bps integer not null,
    vat_cents bigint not null,
    issuer_name text not null,
    issuer_address text,
    issuer_vat_number text,
    recipient_name text,
    recipient_address text,
    recipient_vat_number text,
    supplied_at timestamptz not null,
    issued_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, order_id) references public.orders (org_id, id) on delete restrict,
    foreign key (org_id, entry_id) references private.ledger_entries (org_id, id) on delete restrict,
    foreign key (org_id, credited_invoice_id) references public.fee_invoices (org_id, id) on delete restrict,
    constraint payee_is_the_instructor_or_the_organization check (payee_id in (instructor_id, org_id)),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint a_discount_is_of_the_fee check (fee_cents > 0 and discount_cents between 0 and fee_cents),
    constraint only_a_credit_note_credits check (kind = 'credit_note' or credited_invoice_id is null),
    constraint only_standard_vat_is_charged check ((vat_treatment = 'standard') or (vat_rate_bps = 0 and vat_cents = 0)),
    constraint vat_is_a_part_of_the_total check (vat_cents between 0 and fee_cents - discount_cents and vat_rate_bps between 0 and 5000),
    constraint who_charges_vat_is_registered check (vat_treatment = 'none' or issuer_vat_number is not null)
);

create unique index numbers_are_unique on public.fee_invoices (org_id, number);
create unique index an_entry_is_invoiced_once on public.fee_invoices (org_id, entry_id, credited_invoice_id) nulls not distinct;
create index on public.fee_invoices (org_id, instructor_id);
create index on public.fee_invoices (org_id, order_id);
create index on public.fee_invoices (org_id, credited_invoice_id);
create index on public.fee_invoices (payer_id, issued_at, id);
create index on public.fee_invoices (payee_id, issued_at, id);

comment on table public.fee_invoices is
    'Invoices and credit notes for the platform''s fee, by the entry of the ledger that they are for: to the payer where the fee is on top, to '
    'the payee where it is included in the price or was not paid through the platform. Rows are never changed.';
comment on column public.fee_invoices.number is 'Without gaps in the organization''s series: F7-000001 of an invoice, C7-000001 of a credit note.';
comment on column public.fee_invoices.payee_id is 'Who is paid for the lessons: the instructor or the organization.';
comment on column public.fee_invoices.order_id is 'What the fee is for; null: the agreed fee of an instructor''s week or month.';
comment on column public.fee_invoices.entry_id is 'The entry of platform_fees in the ledger.';
comment on column public.fee_invoices.credited_invoice_id is
    'The invoice that a credit note is for; null if no invoice of the order was left to credit.';
comment on column public.fee_invoices.fee_cents is 'The fee, or what is credited of it, in the minor unit, VAT included.';
comment on column public.fee_invoices.discount_cents is 'What of the fee a code or rewards took off for the payer.';
comment on column public.fee_invoices.total_cents is 'fee - discount.';
comment on column public.fee_invoices.vat_treatment is
    'standard: VAT is in the total; reverse_charge: the recipient, a business in another country, owes it; none: the platform is not registered.';
comment on column public.fee_invoices.vat_cents is 'The VAT in the total.';
comment on column public.fee_invoices.recipient_name is 'Of a payee as they have said by then; null of a payer, whose invoice is a simplified one.';
comment on column public.fee_invoices.supplied_at is 'When the fee was earned or given back: when the ledger says that it happened.';

alter table public.seller_details enable row level security;
alter table public.fee_invoices enable row level security;
alter table public.platform_registrations enable row level security;
alter table private.fee_invoice_series enable row level security;
alter table private.uninvoiced_fees enable row level security;

create trigger touch_updated_at
    before update on public.seller_details
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.platform_registrations
    for each row execute function private.touch_updated_at();

-- Who paid may be forgotten, with the login.
create trigger forbid_change
    before update of
        id, org_id, kind, number, bearer, payee_id, instructor_id, order_id, entry_id, credited_invoice_id, currency, fee_cents, discount_cents,
        vat_treatment, vat_rate_bps, vat_cents, issuer_name, issuer_address, issuer_vat_number, recipient_name, recipient_address,
        recipient_vat_number, supplied_at, issued_at
        or delete
    on public.fee_invoices
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.fee_invoices
    for each statement execute function private.forbid_change();

select private.audit_table(
    'public.seller_details', 'id',
    '{legal_name,address_line,city,postal_code,birth_date,registration_number,tax_ids,vat_number}'
);
select private.audit_table('public.platform_registrations', 'country');
