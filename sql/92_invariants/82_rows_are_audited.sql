create view private.rows_are_audited
    with (security_invoker = true)
as
select jsonb_build_object('entity_type', kept.entity_type, 'entity_id', kept.id) as detail
from (
    select 'bookings' as entity_type, booking.org_id, booking.id, booking.created_at from public.bookings booking
    union all
    select 'payments' as entity_type, payment.org_id, payment.id, payment.created_at from public.payments payment
    union all
    select 'refunds' as entity_type, refund.org_id, refund.id, refund.created_at from public.refunds refund
    union all
    select 'earnings' as entity_type, earning.org_id, earning.id, earning.created_at from public.earnings earning
    union all
    select 'payouts' as entity_type, payout.org_id, payout.id, payout.created_at from public.payouts payout
) kept
where kept.created_at >= coalesce(
    (
        select entry.created_at
        from public.audit_logs entry
        order by entry.id
        limit 1
    ),
    '-infinity'
)
    and not exists (
        select
        from public.audit_logs entry
        where entry.org_id = kept.org_id
            and entry.entity_type = kept.entity_type
            and entry.entity_id = kept.id::text
            and entry.action = 'insert'
    );

comment on view private.rows_are_audited is
    'Every row of money has the entry of its making in the audit log, as far back as the log goes: its old months may be taken out.';
