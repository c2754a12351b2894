create view private.invoice_numbers_have_no_gaps
    with (security_invoker = true)
as
select jsonb_build_object('org_id', counter.org_id, 'kind', documents.kind, 'given', documents.given, 'found', documents.found) as detail
from private.fee_invoice_series counter
cross join lateral (
    select given.kind, given.given, count(document.id) as found, max(substring(document.number from '[0-9]+$')::bigint) as last
    from (
        values ('invoice'::public.fee_document_kind, counter.invoices), ('credit_note', counter.credit_notes)
    ) given (kind, given)
    left join public.fee_invoices document on document.org_id = counter.org_id and document.kind = given.kind
    group by given.kind, given.given
) documents
where documents.found <> documents.given
    or coalesce(documents.last, 0) <> documents.given;

comment on view private.invoice_numbers_have_no_gaps is
    'As many invoices and credit notes as an organization''s counters have given numbers, up to the last one; numbers are unique.';
