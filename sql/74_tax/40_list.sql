-- The invoices and credit notes that the caller may read (90_access.sql), latest first, in pages of at most 200; p_before is the id of the
-- previous page's last one.
-- Definer: the caller may not read every organization whose fees they paid.
create function private.list_fee_invoices(p_limit integer, p_before uuid)
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
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    payee_ids constant uuid[] := private.my_earner_ids() || private.my_school_ids();
    previous public.fee_invoices;
begin
    select * into previous
    from public.fee_invoices known
    where known.id = p_before
        and (known.payer_id = person or known.payee_id = any (payee_ids));
    return query
    select
        document.id, document.number, document.kind, credited.number, document.bearer, document.org_id, organization.name,
        document.order_id, document.currency, document.fee_cents, document.discount_cents, document.total_cents,
        document.total_cents - document.vat_cents, document.vat_treatment, document.vat_rate_bps, document.vat_cents,
        document.issuer_name, document.issuer_address, document.issuer_vat_number, document.recipient_name,
        document.recipient_address, document.recipient_vat_number, document.supplied_at, document.issued_at
    from (
        select paid.*
        from public.fee_invoices paid
        where paid.payer_id = person
        union all
        select owed.*
        from public.fee_invoices owed
        where owed.payee_id = any (payee_ids)
            and owed.bearer = 'payee'
    ) document
    join public.organizations organization on organization.id = document.org_id
    left join public.fee_invoices credited on credited.org_id = document.org_id and credited.id = document.credited_invoice_id
    where p_before is null
        or (document.issued_at, document.id) < (previous.issued_at, previous.id)
    order by document.issued_at desc, document.id desc
    limit private.page_size(p_limit);
end;
$$;
