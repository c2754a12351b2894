-- Operations: what keeps the system healthy, and the erasure of persons. It reads and changes tables of every room, so it is the last.
-- * 10_audited_rules.sql: the tables of rules that the audit log watches once all rooms are there.
-- * 20_maintain.sql: periodic maintenance, called by `jobs maintain` every few minutes.
-- * 25_payday.sql: which paydays are due, and are overdue; it keeps `jobs payouts` from paying while an invariant (92) is violated.
-- * 30_heartbeats.sql: when each scheduled command ran last, and which are late.
-- * 40_needs_attention.sql: what is consistent, but waits for a person; `jobs doctor` lists it with the next step.
-- * 41_stripe_balance.sql: does Stripe hold what the ledger says? `jobs doctor` asks.
-- * 43_database.sql: is the database the one that this release was made for? `jobs doctor` compares.
-- * 50_erase_person.sql, 51_erase_unlinked.sql, 52_anonymise.sql: anonymise people and keep the ledger; called by the people
--   themselves, by the platform's admins, and by schools for those without a login.
-- * 60_timeline.sql, 61_timeline_parts.sql: what happened to something, from the audit log and every table's history, in one call.
-- * 62_export_person.sql to 65_export_instructor.sql: everything that is held about a person, as one document.
-- * 66_find_person.sql: who has an e-mail address, and what they are in which organization.

-- Periodic maintenance; every task is idempotent. Partitions are created first, so that this transaction holds no row locks while
-- it needs the lock on the table; learners are locked before slots and instructors, as bookings lock them. Returns how many rows each task affected.
-- Definer: the job has no access to the tables.
create function private.maintain()
    returns table (task text, affected bigint)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
as $$
begin
    return query
    select 'partitions_created',
        (private.create_month_partitions('public.audit_logs')
        + private.create_month_partitions('private.webhook_event_bodies')
        + private.create_month_partitions('private.trip_points'))::bigint;

    perform private.lock_ending_lessons();
    return query
    select 'events_applied', private.apply_waiting_events()::bigint
    union all
    select 'stripe_fees_queued', private.enqueue_stripe_fees()::bigint
    union all
    select 'suspense_paid', private.pay_from_suspense()::bigint
    union all
    select 'refunds_recorded', private.post_recorded_refunds()::bigint
    union all
    select 'holds_expired', private.expire_holds()::bigint
    union all
    select 'purchases_expired', private.expire_purchases()::bigint
    union all
    select 'credits_expired', private.expire_credits()::bigint
    union all
    select 'claims_settled', private.settle_due_claims()::bigint
    union all
    select 'resold_times_refunded', private.refund_resold_times()::bigint
    union all
    select 'lessons_completed', private.complete_forgotten_lessons()::bigint
    union all
    select 'authorizations_voided', private.void_ageing_authorizations()::bigint
    union all
    select 'hours_expiring', private.tell_of_expiring_hours()::bigint
    union all
    select 'trips_finished', private.finish_forgotten_trips()::bigint
    union all
    select 'trips_cleared', private.remove_old_points()::bigint
    union all
    select 'texts_removed', private.remove_old_texts()::bigint
    union all
    select 'addresses_forgotten', private.forget_addresses()::bigint
    union all
    select 'documents_told_of', private.tell_of_documents()::bigint
    union all
    select 'times_offered', private.offer_freed_times()::bigint
    union all
    select 'plan_fees_set', private.set_plan_fees()::bigint
    union all
    select 'instructor_fees_charged', private.charge_instructor_fees()::bigint
    union all
    select 'earnings_made_available', private.make_earnings_available(null, private.clock())::bigint;
end;
$$;

-- Locks the orders of the lessons that are to be completed or counted as missed now, and then their learners, whose totals change.
create function private.lock_ending_lessons()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    ending_ids constant uuid[] := private.forgotten_booking_ids() || array(
        select claim.booking_id
        from public.lesson_claims claim
        where claim.status = 'open'
            and claim.notified_at <= private.clock() - interval '72 hours'
    );
begin
    perform private.lock_orders(
        array(select distinct booking.order_id from public.bookings booking where booking.id = any (ending_ids))
    );
    perform learner.id
    from public.learners learner
    where learner.id in (select booking.learner_id from public.bookings booking where booking.id = any (ending_ids))
    order by learner.id
    for no key update;
end;
$$;

-- The first partitions; maintain() creates the next ones.
select private.create_month_partitions('private.webhook_event_bodies');
select private.create_month_partitions('private.trip_points');
