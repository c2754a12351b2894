-- What must always be true, as far as SQL can know: one row a violation, none in health.
-- Definer: the jobs have no access to the tables.
create function private.check_invariants()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    return query
    select violation.invariant, violation.detail from private.violations_of_calendar() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_ledger() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_payouts() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_credits() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_records() violation;
end;
$$;

comment on function private.check_invariants is 'One row a violation, with the ids to look at; zero rows in health.';

-- What must always be true of the inbox, the outbox and the audit log: one row a violation.
create function private.violations_of_records()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return query
    select 'acknowledged_events_are_settled', jsonb_build_object('event_id', event.event_id)
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
        select 'bookings' as entity_type, booking.id from public.bookings booking
        union all
        select 'payments', payment.id from public.payments payment
        union all
        select 'refunds', refund.id from public.refunds refund
        union all
        select 'earnings', earning.id from public.earnings earning
        union all
        select 'payouts', payout.id from public.payouts payout
    ) kept
    where not exists (
        select
        from public.audit_logs entry
        where entry.entity_type = kept.entity_type
            and entry.entity_id = kept.id::text
            and entry.action = 'insert'
    );
end;
$$;
