-- Issues invoices for an organization's fees that were posted since, and credit notes for what of them was given back; so many at once,
-- oldest first. Returns how many fees it worked off. The counters are locked first, so that two who issue at once
-- take turns, and no number is given twice or skipped: a transaction that fails takes its numbers back. maintain_organization (95) calls it.
create function private.issue_fee_invoices(p_org_id uuid, p_limit integer default 1000)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    fee private.posted_fee;
    issued integer := 0;
begin
    if not exists (
        select from private.uninvoiced_fees waiting where waiting.org_id = p_org_id and not waiting.is_own_sale
    ) then
        return 0;
    end if;
    insert into private.fee_invoice_series (org_id) values (p_org_id) on conflict (org_id) do nothing;
    perform from private.fee_invoice_series counter where counter.org_id = p_org_id for no key update;

    for fee in select waiting.* from private.waiting_fees(p_org_id, p_limit) waiting loop
        if fee.supply_model = 'principal' then
            update private.uninvoiced_fees set is_own_sale = true where org_id = fee.org_id and entry_id = fee.entry_id;
        else
            if fee.fee_cents > 0 then
                perform private.invoice_fee(fee);
            else
                perform private.credit_fee(fee);
            end if;
            delete from private.uninvoiced_fees where org_id = fee.org_id and entry_id = fee.entry_id;
        end if;
        issued := issued + 1;
    end loop;
    return issued;
end;
$$;

-- Issues the invoice for a fee, with the VAT of the day and what the recipient has said of themselves by then.
create function private.invoice_fee(p_fee private.posted_fee)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    document public.fee_invoices := private.blank_document(p_fee);
begin
    document.kind := 'invoice';
    document.fee_cents := p_fee.fee_cents;
    document.discount_cents := p_fee.discount_cents;
    document.vat_cents := private.vat_in(p_fee.fee_cents - p_fee.discount_cents, document.vat_rate_bps);
    perform private.add_fee_document(document);
end;
$$;

-- Credits what was given back of a fee: to the latest invoices of the order that have something left, so that each credit note is for one
-- invoice, with that one's VAT; what is left is credited without one. Parts are cumulative, so that the last one closes an invoice to zero.
create function private.credit_fee(p_fee private.posted_fee)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    document public.fee_invoices;
    invoice public.fee_invoices;
    credited_cents bigint;
    left_cents bigint := -p_fee.fee_cents;
    part_cents bigint;
begin
    for invoice in
        select issued.*
        from public.fee_invoices issued
        where issued.org_id = p_fee.org_id
            and issued.order_id = p_fee.order_id
            and issued.kind = 'invoice'
            and issued.bearer = p_fee.bearer
        order by issued.entry_id desc
    loop
        exit when left_cents = 0;
        credited_cents := private.credited_cents(invoice);
        part_cents := least(left_cents, invoice.fee_cents - credited_cents);
        continue when part_cents = 0;
        left_cents := left_cents - part_cents;

        document := invoice;
        document.kind := 'credit_note';
        document.credited_invoice_id := invoice.id;
        document.entry_id := p_fee.entry_id;
        document.supplied_at := p_fee.supplied_at;
        document.fee_cents := part_cents;
        document.discount_cents := private.credited_part(invoice.discount_cents, credited_cents, part_cents, invoice.fee_cents);
        document.vat_cents := private.credited_part(invoice.vat_cents, credited_cents, part_cents, invoice.fee_cents);
        perform private.add_fee_document(document);
    end loop;

    if left_cents > 0 then
        document := private.blank_document(p_fee);
        document.kind := 'credit_note';
        document.fee_cents := left_cents;
        document.discount_cents := 0;
        document.vat_cents := private.vat_in(left_cents, document.vat_rate_bps);
        perform private.add_fee_document(document);
    end if;
end;
$$;

-- What of an invoice's fee has been credited.
create function private.credited_cents(p_invoice public.fee_invoices)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(sum(credit.fee_cents), 0)::bigint
        from public.fee_invoices credit
        where credit.org_id = p_invoice.org_id
            and credit.credited_invoice_id = p_invoice.id
    );
end;
$$;

-- The part of a whole (an invoice's discount or VAT) that goes with so much of its fee, after what was credited before.
create function private.credited_part(p_whole_cents bigint, p_before_cents bigint, p_part_cents bigint, p_fee_cents bigint)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return private.prorate(p_whole_cents, p_before_cents + p_part_cents, p_fee_cents)
        - private.prorate(p_whole_cents, p_before_cents, p_fee_cents);
end;
$$;

-- A document about a fee, without amounts: who bears it, whose VAT it is, and what stands on it of both sides. A payer's invoice names
-- nobody: it is a simplified one.
create function private.blank_document(p_fee private.posted_fee)
    returns public.fee_invoices
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    document public.fee_invoices;
    seller public.seller_details;
    terms private.vat_terms;
begin
    select * into seller
    from public.seller_details
    where org_id = p_fee.org_id
        and coalesce(instructor_id, org_id) = p_fee.payee_id;
    terms := private.vat_terms_of(seller.country, case p_fee.bearer when 'payee' then seller.vat_number end);

    document.org_id := p_fee.org_id;
    document.entry_id := p_fee.entry_id;
    document.bearer := p_fee.bearer;
    document.payer_id := case p_fee.bearer when 'payer' then p_fee.payer_id end;
    document.payee_id := p_fee.payee_id;
    document.instructor_id := p_fee.instructor_id;
    document.order_id := p_fee.order_id;
    document.currency := p_fee.currency;
    document.supplied_at := p_fee.supplied_at;
    document.vat_treatment := terms.treatment;
    document.vat_rate_bps := terms.rate_bps;
    document.issuer_name := terms.issuer_name;
    document.issuer_address := terms.issuer_address;
    document.issuer_vat_number := terms.issuer_vat_number;
    if p_fee.bearer = 'payee' then
        document.recipient_name := coalesce(seller.legal_name, private.payee_name(p_fee.org_id, p_fee.payee_id));
        document.recipient_address := concat_ws(', ', seller.address_line, seller.city, seller.postal_code, seller.country);
        document.recipient_vat_number := seller.vat_number;
    end if;
    return document;
end;
$$;

-- What a payee is called who has not said their legal name.
create function private.payee_name(p_org_id uuid, p_payee_id uuid)
    returns text
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(
        (
            select instructor.display_name
            from public.instructors instructor
            where instructor.org_id = p_org_id
                and instructor.id = p_payee_id
        ),
        (select organization.name from public.organizations organization where organization.id = p_org_id)
    );
end;
$$;

-- Gives a document the next number of its organization's series, and keeps it.
create function private.add_fee_document(p_document public.fee_invoices)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    next_number text;
begin
    update private.fee_invoice_series
    set invoices = invoices + (p_document.kind = 'invoice')::integer,
        credit_notes = credit_notes + (p_document.kind = 'credit_note')::integer
    where org_id = p_document.org_id
    returning case p_document.kind
        when 'invoice' then format('F%s-%s', series, to_char(invoices, 'FM999999000000'))
        else format('C%s-%s', series, to_char(credit_notes, 'FM999999000000'))
    end
    into strict next_number;

    insert into public.fee_invoices (
        org_id, kind, number, bearer, payer_id, payee_id, instructor_id, order_id, entry_id, credited_invoice_id, currency, fee_cents,
        discount_cents, vat_treatment, vat_rate_bps, vat_cents, issuer_name, issuer_address, issuer_vat_number, recipient_name,
        recipient_address, recipient_vat_number, supplied_at
    )
    values (
        p_document.org_id, p_document.kind, next_number, p_document.bearer, p_document.payer_id, p_document.payee_id,
        p_document.instructor_id, p_document.order_id, p_document.entry_id, p_document.credited_invoice_id, p_document.currency,
        p_document.fee_cents, p_document.discount_cents, p_document.vat_treatment, p_document.vat_rate_bps, p_document.vat_cents,
        p_document.issuer_name, p_document.issuer_address, p_document.issuer_vat_number, p_document.recipient_name,
        p_document.recipient_address, p_document.recipient_vat_number, p_document.supplied_at
    );
end;
$$;
