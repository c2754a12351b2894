-- Everything that must always be true and that SQL can check: one row for each violation, with the ids to look at; no row when all is
-- well. Called by `jobs doctor`, by the payout job before it pays, and by most tests. An invariant is one query below, whose first
-- column is its name; the functions that list violations stand in files 31 to 38, ordered by what they look at.
-- Definer: the jobs have no access to the tables.
create function private.check_invariants()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    select violation.invariant, violation.detail from private.violations_of_calendar() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_ledger() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_payments() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_earnings() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_payouts() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_credits() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_discounts() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_disputes() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_stripe_objects() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_records() violation;
end;
$$;

comment on function private.check_invariants is 'One row for each violation, with the ids to look at; no row when all is well.';

-- The inbox, the outbox and the audit log: no event or command is stuck, and every row of money has its audit entry.
create function private.violations_of_records()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'received_events_are_processed', jsonb_build_object('event_id', event.event_id)
    from private.webhook_events event
    where event.status = 'received'
        and event.received_at < private.clock() - interval '1 minute'

    union all
    select 'leases_end', jsonb_build_object('outbox_id', command.id)
    from private.outbox command
    where command.leased_until < private.clock() - interval '1 day'

    union all
    select 'rows_are_audited', jsonb_build_object('entity_type', kept.entity_type, 'entity_id', kept.id)
    from (
        select 'bookings' as entity_type, booking.org_id, booking.id from public.bookings booking
        union all
        select 'payments', payment.org_id, payment.id from public.payments payment
        union all
        select 'refunds', refund.org_id, refund.id from public.refunds refund
        union all
        select 'earnings', earning.org_id, earning.id from public.earnings earning
        union all
        select 'payouts', payout.org_id, payout.id from public.payouts payout
    ) kept
    where not exists (
        select
        from public.audit_logs entry
        where entry.org_id = kept.org_id
            and entry.entity_type = kept.entity_type
            and entry.entity_id = kept.id::text
            and entry.action = 'insert'
    );
end;
$$;
