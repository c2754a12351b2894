-- Periodic maintenance, organization by organization: `jobs maintain` calls maintain_platform, and then maintain_organization for each of
-- list_organizations, every call in a transaction of its own. So money of one organization never shares a transaction with another's, and
-- what goes wrong in one keeps no other from its maintenance. Every task is idempotent, and says how many rows it affected.

-- Does what belongs to no organization. The job calls it first, since events that it assigns are applied by their organization.
-- Definer: the job has no access to the tables.
create function private.maintain_platform()
    returns table (task text, affected bigint)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        'partitions_created',
        (
            private.create_month_partitions('public.audit_logs')
            + private.create_month_partitions('private.webhook_event_bodies')
            + private.create_month_partitions('private.trip_points')
        )::bigint
    union all
    select 'events_assigned', private.assign_waiting_events()::bigint
    union all
    select 'stripe_fees_queued', private.enqueue_stripe_fees()::bigint
    union all
    select 'reports_kept', private.keep_platform_reports()::bigint
    union all
    select 'reports_removed', private.remove_old_reports()::bigint
    union all
    select 'setup_intents_removed', private.remove_old_setup_intents()::bigint
    union all
    select 'news_removed', private.remove_old_news()::bigint
    union all
    select 'codes_removed', private.remove_old_codes()::bigint
    union all
    select 'bodies_removed', private.remove_old_bodies();
end;
$$;

-- The organizations whose maintenance is due: all, and with them the platform's own. Definer: the job has no access to the table.
create function private.list_organizations()
    returns setof uuid
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select organization.id
    from public.organizations organization
    order by organization.id;
$$;

-- Does what is due in one organization. Orders and learners are locked before slots and instructors, as bookings lock them.
-- Definer: the job has no access to the tables.
create function private.maintain_organization(p_org_id uuid)
    returns table (task text, affected bigint)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_generic_plan
as $$
begin
    perform private.lock_ending_lessons(p_org_id);
    return query
    select 'events_applied', private.apply_waiting_events(p_org_id)::bigint
    union all
    select 'suspense_paid', private.pay_from_suspense(p_org_id)::bigint
    union all
    select 'refunds_recorded', private.post_recorded_refunds(p_org_id)::bigint
    union all
    select 'lessons_collected', private.queue_collections(p_org_id)::bigint
    union all
    select 'holds_expired', private.expire_holds(p_org_id)::bigint
    union all
    select 'purchases_expired', private.expire_purchases(p_org_id)::bigint
    union all
    select 'credits_expired', private.expire_credits(p_org_id)::bigint
    union all
    select 'claims_settled', private.settle_due_claims(p_org_id)::bigint
    union all
    select 'resold_times_refunded', private.refund_resold_times(p_org_id)::bigint
    union all
    select 'lessons_completed', private.complete_forgotten_lessons(p_org_id)::bigint
    union all
    select 'authorizations_voided', private.void_ageing_authorizations(p_org_id)::bigint
    union all
    select 'hours_expiring', private.tell_of_expiring_hours(p_org_id)::bigint
    union all
    select 'trips_finished', private.finish_forgotten_trips(p_org_id)::bigint
    union all
    select 'trips_cleared', private.remove_old_points(p_org_id)::bigint
    union all
    select 'texts_removed', private.remove_old_texts(p_org_id)::bigint
    union all
    select 'addresses_forgotten', private.forget_old_addresses(p_org_id)::bigint
    union all
    select 'documents_told_of', private.tell_of_documents(p_org_id)::bigint
    union all
    select 'times_offered', private.offer_freed_times(p_org_id)::bigint
    union all
    select 'plan_fees_set', private.set_lapsed_plan_fee(p_org_id)::bigint
    union all
    select 'instructor_fees_charged', private.charge_instructor_fees(p_org_id)::bigint
    union all
    select 'reports_kept', private.keep_closed_reports(p_org_id)::bigint
    union all
    select 'earnings_made_available', private.make_earnings_available(p_org_id, private.clock())::bigint
    union all
    select 'sellers_removed', private.remove_old_sellers(p_org_id)::bigint
    union all
    select 'fees_invoiced', private.issue_fee_invoices(p_org_id)::bigint;
end;
$$;

-- Locks the orders of an organization's lessons that are to be completed or counted as missed now, and then their learners, whose totals
-- change.
create function private.lock_ending_lessons(p_org_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    ending_ids constant uuid[] := private.forgotten_booking_ids(p_org_id) || array(
        select claim.booking_id
        from public.lesson_claims claim
        where claim.org_id = p_org_id
            and claim.status = 'open'
            and claim.notified_at <= private.clock() - interval '72 hours'
    );
begin
    if cardinality(ending_ids) = 0 then
        return;
    end if;
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

-- The first partitions; maintain_platform() creates the next ones.
select private.create_month_partitions('private.webhook_event_bodies');
select private.create_month_partitions('private.trip_points');
