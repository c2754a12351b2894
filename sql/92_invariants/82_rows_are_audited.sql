create view private.rows_are_audited
    with (security_invoker = true)
as
select jsonb_build_object('entity_type', kept.entity_type, 'entity_id', kept.id) as detail
from (
    select 'bookings' as entity_type, booking.org_id, booking.id from public.bookings booking
    union all
    select 'payments' as entity_type, payment.org_id, payment.id from public.payments payment
    union all
    select 'refunds' as entity_type, refund.org_id, refund.id from public.refunds refund
    union all
    select 'earnings' as entity_type, earning.org_id, earning.id from public.earnings earning
    union all
    select 'payouts' as entity_type, payout.org_id, payout.id from public.payouts payout
) kept
where not exists (
    select
    from public.audit_logs entry
    where entry.org_id = kept.org_id
        and entry.entity_type = kept.entity_type
        and entry.entity_id = kept.id::text
        and entry.action = 'insert'
);

comment on view private.rows_are_audited is
    'Every row of money has the entry of its making in the audit log.';
