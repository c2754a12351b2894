-- An invoice or credit note for the platform's fee as one JSON document, which the webhook service prints as a PDF: for those who may read its
-- row (90_access), and nobody else. It says what the row says, and both stay. Days are those of the organization's time zone.
-- Definer: the webhook service may not read the tables.
create function private.fee_invoice_for(p_user_id uuid, p_has_second_factor boolean, p_invoice_id uuid)
    returns jsonb
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    document public.fee_invoices;
begin
    perform private.act_for(p_user_id, p_has_second_factor);
    perform private.require_person();
    select issued.* into document
    from public.fee_invoices issued
    where issued.id = p_invoice_id
        and private.may_read_fee_invoice(issued);
    if not found then
        perform private.refuse(
            'PT404', 'fee_invoice_not_found',
            'You have no invoice with that id.',
            'Read list_fee_invoices, and check the id.'
        );
    end if;
    return private.fee_invoice_contents(document);
end;
$$;

-- Whether the caller may read an invoice: as in the policy select_recipient_or_finance.
create function private.may_read_fee_invoice(p_document public.fee_invoices)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(p_document.payer_id = private.my_user_id(), false)
        or (p_document.bearer = 'payee' and p_document.payee_id = any (private.my_earner_ids() || private.my_school_ids()))
        or private.may_read_all_sellers();
end;
$$;

create function private.fee_invoice_contents(p_document public.fee_invoices)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select jsonb_build_object(
            'number', p_document.number,
            'kind', p_document.kind,
            'credits_number', credited.number,
            'credits_issued_on', (credited.issued_at at time zone organization.time_zone)::date,
            'bearer', p_document.bearer,
            'order_id', p_document.order_id,
            'currency', p_document.currency,
            'minor_digits', currency.minor_digits,
            'fee_cents', p_document.fee_cents,
            'discount_cents', p_document.discount_cents,
            'total_cents', p_document.total_cents,
            'net_cents', p_document.total_cents - p_document.vat_cents,
            'vat_treatment', p_document.vat_treatment,
            'vat_rate_bps', p_document.vat_rate_bps,
            'vat_cents', p_document.vat_cents,
            'issuer_name', p_document.issuer_name,
            'issuer_address', p_document.issuer_address,
            'issuer_vat_number', p_document.issuer_vat_number,
            'recipient_name', p_document.recipient_name,
            'recipient_address', nullif(p_document.recipient_address, ''),
            'recipient_vat_number', p_document.recipient_vat_number,
            'supplied_on', (p_document.supplied_at at time zone organization.time_zone)::date,
            'issued_on', (p_document.issued_at at time zone organization.time_zone)::date
        )
        from public.organizations organization
        join private.currencies currency on currency.code = p_document.currency
        left join public.fee_invoices credited
            on credited.org_id = p_document.org_id
            and credited.id = p_document.credited_invoice_id
        where organization.id = p_document.org_id
    );
end;
$$;
