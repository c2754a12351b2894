set lock_timeout = '3s';

SET local check_function_bodies = off;

CREATE OR REPLACE FUNCTION private.booking_facts (
  p_org_id     uuid,
  p_booking_id uuid,
  p_locale     text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return (
        select jsonb_build_object(
            'learner_name', learner.full_name,
            'instructor_name', instructor.display_name,
            'service_title', service.title,
            'start_at', private.time_text(booking.start_at, instructor.time_zone, p_locale),
            'end_at', private.time_text(booking.end_at, instructor.time_zone, p_locale),
            'minutes', private.minutes_between(booking.start_at, booking.end_at),
            'pickup', booking.pickup_address,
            'old_start_at', private.time_text(original.start_at, instructor.time_zone, p_locale),
            'due', private.amount_text(booking.due_cents, booking.currency),
            'total', private.amount_text(booking.total_cents, booking.currency),
            'hold_expires_at', private.time_text(booking.hold_expires_at, instructor.time_zone, p_locale),
            'collect_at', private.time_text(booking.collect_at, instructor.time_zone, p_locale),
            'cancelled_by', case booking.cancelled_by when 'admin' then 'school' else booking.cancelled_by::text end,
            'reason', booking.cancellation_reason
        )
        from public.bookings booking
        join public.learners learner on learner.org_id = booking.org_id and learner.id = booking.learner_id
        join public.instructors instructor on instructor.org_id = booking.org_id and instructor.id = booking.instructor_id
        join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
        left join public.bookings original on original.org_id = booking.org_id and original.id = booking.original_booking_id
        where booking.org_id = p_org_id
            and booking.id = p_booking_id
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.cancel_booking (
  p_booking_id            uuid,
  p_reason                text,
  p_expected_refund_cents bigint
)
  RETURNS TABLE (
    booking_id       uuid,
    cancelled_by     public.booking_party,
    refund_bps       integer,
    refund_cents     bigint,
    restored_minutes integer,
    currency         text
  )
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
    broken_rule text;
begin
    if booking.status <> 'cancelled' or booking.is_rescheduled then
        perform private.assert_cancellable(booking);
        update public.bookings
        set status = 'cancelled',
            cancelled_by = party,
            cancelled_at = private.clock(),
            cancellation_reason = p_reason
        where org_id = booking.org_id
            and id = booking.id
        returning * into booking;
        perform private.assert_refund_is_expected(booking.cancellation_refund_cents, p_expected_refund_cents);
    end if;

    return query
    select
        booking.id, booking.cancelled_by, booking.refund_bps, booking.cancellation_refund_cents, booking.restored_minutes,
        booking.currency;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$function$;

CREATE OR REPLACE FUNCTION private.close_claims (
  p_booking public.bookings
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    update public.lesson_claims
    set status = case
            when p_booking.status = 'cancelled' then 'withdrawn'
            when no_show_by = p_booking.no_show_by then 'upheld'
            else 'dismissed'
        end::public.lesson_claim_status,
        decided_by = 'system',
        decided_at = private.clock(),
        reason = 'The booking has ended.'
    where org_id = p_booking.org_id
        and booking_id = p_booking.id
        and status in ('open', 'undecided');
end;
$function$;

CREATE OR REPLACE FUNCTION private.complete_lesson (
  p_booking_id uuid,
  p_notes      text
)
  RETURNS uuid
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
    booking public.bookings := private.require_booking_to_complete(p_booking_id);
    is_learners_word constant boolean := private.may_answer_for(booking.learner_id);
    completable_at constant timestamptz := case when is_learners_word then booking.start_at else booking.end_at end;
    completed_lesson_id uuid;
    broken_rule text;
begin
    if booking.status not in ('confirmed', 'in_progress') then
        perform private.refuse(
            'PT409', 'booking_not_confirmed',
            format('This booking is %s, so its lesson cannot be completed.', booking.status),
            'Only a confirmed booking''s lesson can be completed, once.'
        );
    end if;
    if private.clock() < completable_at then
        perform private.refuse(
            'PT422', 'too_early',
            case when is_learners_word then 'This lesson has not started yet.' else 'This lesson is not over yet.' end,
            'Complete it at its scheduled end. If it was over earlier, the learner can complete it.'
        );
    end if;
    if private.has_open_claim(booking.id) then
        perform private.refuse(
            'PT409', 'claim_open',
            'It is said that somebody did not come to this lesson.',
            'Withdraw or answer the claim first; what is contested, an admin decides.'
        );
    end if;

    begin
        insert into public.lessons as lesson (org_id, booking_id, instructor_id, learner_id, started_at, ended_at, notes)
        values (
            booking.org_id, booking.id, booking.instructor_id, booking.learner_id,
            booking.start_at, private.clock(), case when not is_learners_word then p_notes end
        )
        on conflict (org_id, booking_id) do update
            set ended_at = excluded.ended_at,
                notes = coalesce(excluded.notes, lesson.notes)
        returning id into completed_lesson_id;
    exception
        when check_violation then
            get stacked diagnostics broken_rule = constraint_name;
            perform private.refuse_violation(broken_rule);
    end;

    update public.bookings set status = 'completed' where id = booking.id;
    return completed_lesson_id;
end;
$function$;

CREATE OR REPLACE FUNCTION private.create_booking_with_payment (
  p_learner_user_id uuid,
  p_slot_id         uuid,
  p_learner_id      uuid,
  p_request         private.booking_request
)
  RETURNS public.bookings
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
    slot public.bookable_slots;
begin
    perform private.require_person();
    select * into slot
    from public.bookable_slots
    where id = p_slot_id
        and is_published;
    if not found then
        perform private.refuse(
            'PT404', 'slot_not_found',
            'This time is not offered.',
            'Refresh the calendar and choose another time.'
        );
    end if;

    return private.reserve_slot(
        slot,
        private.require_bookable_learner(p_learner_user_id, p_learner_id, slot.org_id),
        p_request
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.end_entries (
  p_org_id uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    update public.waiting_list_entries
    set ended_at = private.clock()
    where (org_id, id) in (
        select entry.org_id, entry.id
        from public.waiting_list_entries entry
        where entry.org_id = p_org_id
            and entry.ended_at is null
            and (
                entry.until_date < (private.clock() at time zone 'UTC')::date - 1
                or exists (
                    select
                    from private.waiting_offers offer
                    join public.bookings booking on booking.org_id = offer.org_id and booking.id = offer.booking_id
                    where offer.org_id = entry.org_id
                        and offer.entry_id = entry.id
                        and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show')
                )
            )
        for update skip locked
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.excess_due_cents (
  p_item public.order_items
)
  RETURNS bigint
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return case
        when p_item.excess_cents <= 0 then p_item.excess_cents
        else greatest(
            p_item.excess_cents
            - greatest(p_item.refunded_cents + p_item.restored_cents + p_item.lost_cents - p_item.total_cents, 0),
            0
        )
    end;
end;
$function$;

CREATE OR REPLACE FUNCTION private.forgotten_booking_ids (
  p_org_id uuid
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return array(
        select given.booking_id
        from private.open_bookings given
        join public.organizations organization on organization.id = given.org_id
        where given.org_id = p_org_id
            and given.hold_expires_at is null
            and given.end_at <= private.clock() - organization.completion_grace
            and not private.has_open_claim(given.booking_id)
            and not private.has_open_problem(given.booking_id)
        order by given.end_at
        limit 1000
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.hold_slot (
  p_slot_id uuid,
  p_learner public.learners,
  p_request private.booking_request
)
  RETURNS public.bookings
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
    learner_person_id uuid := (
        select coalesce(learner.user_id, learner.id)
        from public.learners learner
        where learner.org_id = p_learner.org_id
            and learner.id = p_learner.id
    );
    slot public.bookable_slots;
    service public.services;
    instructor public.instructors;
    organization public.organizations;
    terms private.booking_terms;
    booking public.bookings;
    is_proposed constant boolean := private.waits_for_the_learner(p_learner, p_request);
begin
    select * into strict slot from public.bookable_slots where id = p_slot_id;
    select * into strict service from public.services where org_id = slot.org_id and id = slot.service_id;
    select * into strict instructor from public.instructors where org_id = slot.org_id and id = slot.instructor_id;
    select * into strict organization from public.organizations where id = slot.org_id;

    perform private.assert_slot_is_bookable(slot.start_at, service, instructor);
    if instructor.user_id = p_learner.user_id then
        perform private.refuse(
            'PT422', 'own_lesson',
            'You cannot book your own lesson.',
            'Choose another instructor.'
        );
    end if;

    perform private.lock_daily_cap(instructor);
    perform private.expire_holds(slot.org_id, slot.id, learner_person_id);
    slot := private.follow_service_if_free(slot, service);
    service.duration_minutes := private.minutes_between(slot.start_at, slot.end_at);
    terms := private.price_booking(service, instructor, slot.start_at, p_learner, p_request);
    if not is_proposed and (terms.credit_cents = 0 or terms.credit_cents < (terms.price).total_cents) then
        perform private.assert_may_hold(learner_person_id, p_request.series_id, organization);
    end if;
    if private.is_paid_later(p_request, slot.start_at) then
        perform private.assert_may_pay_later(learner_person_id, organization);
    end if;
    if not private.is_slot_open(slot.instructor_id, slot.service_id, slot.start_at, p_request.original_booking_id) then
        perform private.refuse_taken_slot();
    end if;

    booking := private.add_booking(slot, service, organization, p_learner, learner_person_id, terms, p_request, is_proposed);
    if booking.end_at <> slot.end_at then
        perform private.refuse_taken_slot();
    end if;
    if (terms.offer).kind is not null then
        perform private.reserve_discount(terms.offer, p_learner, terms.price, booking.instructor_id, booking.order_id);
    end if;
    if booking.credit_minutes > 0 and not private.waits_for_its_original(booking) then
        perform private.reserve_credit(booking, service);
    end if;
    perform private.add_booking_item(booking);
    if booking.status = 'held' and booking.due_cents = 0 then
        update public.bookings
        set status = 'confirmed',
            hold_expires_at = null
        where org_id = booking.org_id
            and id = booking.id
        returning * into booking;
    end if;
    return booking;
end;
$function$;

CREATE OR REPLACE FUNCTION private.ignore_foreign_events (
  p_org_id uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    update private.webhook_events event
    set status = 'ignored',
        note = 'not_ours'
    from private.webhook_event_bodies body
    where event.org_id = p_org_id
        and event.status = 'parked'
        and event.note in ('unknown_account', 'unknown_invoice', 'unknown_payment')
        and event.received_at <= private.clock() - interval '3 days'
        and body.org_id = event.org_id
        and body.event_id = event.id
        and body.received_at = event.received_at
        and not private.bears_our_metadata(convert_from(body.raw, 'UTF8')::jsonb #> '{data,object}');
end;
$function$;

CREATE OR REPLACE FUNCTION private.is_sold_again (
  p_cancelled public.bookings
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return exists (
        select
        from public.bookings sold
        join public.order_items item on item.org_id = sold.org_id and item.booking_id = sold.id and item.is_paid
        join public.orders ordered on ordered.org_id = item.org_id and ordered.id = item.order_id
        join public.bookable_slots slot on slot.org_id = sold.org_id and slot.id = sold.slot_id
        where sold.instructor_id = p_cancelled.instructor_id
            and sold.start_at <= p_cancelled.start_at
            and sold.end_at >= p_cancelled.end_at
            and sold.start_at > p_cancelled.start_at - interval '1 day'
            and ordered.created_at >= p_cancelled.cancelled_at
            and sold.learner_person_id <> p_cancelled.learner_person_id
            and sold.status in ('confirmed', 'in_progress', 'completed', 'no_show')
            and slot.current_bookings >= slot.max_bookings
            and (sold.start_at <= private.clock() or not private.is_returnable(sold, ordered.withdrawal_mode))
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.lock_bookings (
  p_booking_ids uuid[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    perform private.lock_orders(array(select booking.order_id from public.bookings booking where booking.id = any (p_booking_ids)));

    perform booking.id
    from public.bookings booking
    where booking.id = any (p_booking_ids)
        or booking.original_booking_id = any (p_booking_ids)
    order by booking.created_at desc, booking.id
    for no key update;
end;
$function$;

CREATE OR REPLACE FUNCTION private.maintain_organization (
  p_org_id uuid
)
  RETURNS TABLE (
    task     text,
    affected bigint
  )
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.process_stripe_event (
  p_event                private.webhook_events,
  p_payload              text,
  p_expected_livemode    boolean,
  p_expected_api_version text
)
  RETURNS text
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
    outcome private.stripe_outcome := private.apply_or_park_event(p_event, p_payload, p_expected_livemode, p_expected_api_version);
begin
    update private.webhook_events
    set status = outcome.status::private.event_status,
        note = outcome.note,
        attempts = attempts + 1,
        processed_at = private.clock()
    where org_id = p_event.org_id
        and id = p_event.id;
    return outcome.status;
end;
$function$;

CREATE OR REPLACE FUNCTION private.receive_stripe_event (
  p_endpoint             text,
  p_event_id             text,
  p_type                 text,
  p_account              text,
  p_livemode             boolean,
  p_api_version          text,
  p_created_at           timestamp with time zone,
  p_raw                  bytea,
  p_payload              text,
  p_expected_livemode    boolean,
  p_expected_api_version text
)
  RETURNS text
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
    event private.webhook_events;
begin
    insert into private.webhook_events (org_id, event_id, endpoint, type, account, livemode, api_version, occurred_at)
    values (
        private.organization_of_event(p_payload, p_account),
        p_event_id, p_endpoint, p_type, p_account, p_livemode, p_api_version, p_created_at
    )
    on conflict (provider, event_id) do nothing
    returning * into event;

    if found then
        insert into private.webhook_event_bodies (org_id, event_id, received_at, raw)
        values (event.org_id, event.id, event.received_at, p_raw);
    else
        update private.webhook_events
        set endpoint = p_endpoint
        where provider = 'stripe'
            and event_id = p_event_id
            and status = 'parked'
            and (
                endpoint = p_endpoint
                or (note = 'wrong_endpoint' and account is not distinct from p_account)
            )
        returning * into event;
        if not found then
            return 'duplicate';
        end if;
    end if;

    return private.process_stripe_event(event, p_payload, p_expected_livemode, p_expected_api_version);
end;
$function$;

CREATE OR REPLACE FUNCTION private.refundable_lessons (
  p_payment   public.payments,
  p_refund_id uuid
)
  RETURNS TABLE (
    item_id    uuid,
    left_cents bigint
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return query
    select item.id, rest.cents
    from private.item_payments paid
    join public.order_items item on item.org_id = paid.org_id and item.id = paid.item_id
    cross join lateral (
        select
            coalesce(sum(part.amount_cents) filter (where part.payment_id = paid.payment_id), 0) as of_payment_cents,
            coalesce(sum(part.amount_cents) filter (where part.refund_id = p_refund_id and part.kind <> 'excess'), 0) as of_refund_cents
        from private.return_items part
        join public.refunds refund on refund.org_id = part.org_id and refund.id = part.refund_id
        where part.org_id = paid.org_id
            and part.item_id = paid.item_id
            and (refund.id = p_refund_id or refund.status = 'succeeded')
    ) returned
    cross join lateral (
        select least(
            paid.paid_cents - returned.of_payment_cents,
            item.total_cents - item.refunded_cents - item.restored_cents - returned.of_refund_cents
        )::bigint as cents
    ) rest
    where paid.org_id = p_payment.org_id
        and paid.payment_id = p_payment.id
        and item.is_paid
        and (item.ending is not null or not paid.is_by_hours)
        and rest.cents > 0
    order by item.id;
end;
$function$;

CREATE OR REPLACE FUNCTION private.reschedule_booking (
  p_booking_id uuid,
  p_start_at   timestamp with time zone,
  p_client_key text
)
  RETURNS TABLE (
    booking      public.bookings,
    refund_cents bigint
  )
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
    original public.bookings;
    service public.services;
    instructor public.instructors;
    replacement public.bookings;
begin
    perform private.assert_time_is_plausible(p_start_at);
    original := private.require_party(p_booking_id);
    replacement := private.find_booking_by_client_key(
        original.learner_id, p_client_key, original.service_id, original.instructor_id, p_start_at
    );
    if replacement.id is null then
        select * into strict service from public.services where org_id = original.org_id and id = original.service_id;
        select * into strict instructor
        from public.instructors
        where org_id = original.org_id
            and id = original.instructor_id;
        perform private.assert_reschedulable(original, p_start_at);
        perform private.assert_slot_is_bookable(p_start_at, service, instructor);
        perform private.lock_daily_cap(instructor);
        replacement := case original.status
            when 'held' then private.move_unpaid(original, private.party_of(original), service, instructor, p_start_at, p_client_key)
            else private.reserve_replacement(original, service, instructor, p_start_at, p_client_key)
        end;
    end if;
    return query
    select
        replacement,
        coalesce(
            (
                select private.waiting_excess_cents(item.id)
                from public.order_items item
                where item.booking_id = replacement.id
            ),
            0
        );
end;
$function$;

CREATE OR REPLACE FUNCTION private.search_directory (
  p_query         text,
  p_name          text,
  p_topic_tags    text[],
  p_level         public.experience_level,
  p_facets        jsonb,
  p_org_id        uuid,
  p_instructor_id uuid,
  p_currency      text,
  p_lat           numeric,
  p_lng           numeric,
  p_radius_km     numeric,
  p_order         public.directory_order,
  p_limit         integer,
  p_after         text
)
  RETURNS TABLE (
    service_id        uuid,
    instructor_id     uuid,
    org_id            uuid,
    title             text,
    short_description text,
    topic_tags        text[],
    level             public.experience_level,
    duration_minutes  integer,
    max_participants  integer,
    requires_approval boolean,
    instructor_name   text,
    avatar_url        text,
    area              text,
    area_lat          numeric,
    area_lng          numeric,
    distance_km       numeric,
    facets            jsonb,
    rating            numeric,
    rating_count      integer,
    lesson_count      integer,
    organization_name text,
    organization_slug text,
    labels            jsonb,
    time_zone         text,
    currency          text,
    list_cents        bigint,
    fee_cents         bigint,
    total_cents       bigint,
    next_free_at      timestamp with time zone,
    cursor            text
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  AS $function$
declare
    present constant timestamptz := private.clock();
    sorting constant public.directory_order := coalesce(p_order, 'rating');
    last_row private.directory_place := private.place_of_cursor(p_after);
begin
    perform private.assert_tags_are_lines(p_topic_tags);
    if not private.facets_are_valid(p_facets) then
        perform private.refuse(
            'PT422', 'facets_are_lists_of_words',
            'These are no facets.',
            'Send an object of lists of words, such as {"languages": ["pl"]}.'
        );
    end if;
    perform private.assert_area(p_lat, p_lng, p_radius_km, sorting);

    return query
    with page as materialized (
        select service.id as service_id, instructor.id as instructor_id, place.km, key.sort_key
        from public.instructors instructor
        join public.services service
            on service.instructor_id = instructor.id
            or case when service.instructor_id is null then service.org_id end = instructor.org_id
        cross join lateral (
            select private.km_between(p_lat, p_lng, instructor.area_lat, instructor.area_lng) as km
        ) place
        cross join lateral (
            select case sorting
                when 'price'
                    then coalesce((private.price_service(service.id, instructor.id, present)).total_cents, 1e9)
                when 'distance' then place.km
                else -coalesce(instructor.rating, 0)
            end as sort_key
        ) key
        where instructor.is_active
            and instructor.is_available
            and instructor.verification_status = 'verified'
            and not private.has_lapsed_document(instructor.id)
            and service.is_active
            and (p_query is null or service.title ilike private.like_pattern(p_query))
            and (p_name is null or instructor.display_name ilike private.like_pattern(p_name))
            and (p_level is null or service.level = p_level)
            and service.topic_tags @> coalesce(p_topic_tags, '{}')
            and (p_facets is null or instructor.facets @> p_facets)
            and (p_org_id is null or (instructor.org_id = p_org_id and service.org_id = p_org_id))
            and (p_instructor_id is null or instructor.id = p_instructor_id)
            and (p_currency is null or service.currency = lower(p_currency))
            -- A degree of latitude is 111 km, everywhere.
            and (
                p_radius_km is null
                or (
                    instructor.area_lat between p_lat - p_radius_km / 111 and p_lat + p_radius_km / 111
                    and place.km <= p_radius_km
                )
            )
            and (sorting <> 'distance' or instructor.area_lat is not null)
            and (
                p_after is null
                or (
                    (key.sort_key, instructor.id) >= (last_row.sort_key, last_row.instructor_id)
                    and (key.sort_key, instructor.id, service.id)
                    > (last_row.sort_key, last_row.instructor_id, last_row.service_id)
                )
            )
        order by key.sort_key, instructor.id, service.id
        limit private.page_size(p_limit, 20, 50)
    )

    select
        service.id, instructor.id, service.org_id, service.title, service.short_description, service.topic_tags, service.level,
        service.duration_minutes, service.max_participants, service.requires_approval, instructor.display_name,
        instructor.avatar_url, instructor.area, instructor.area_lat, instructor.area_lng, page.km, instructor.facets,
        instructor.rating, instructor.rating_count, instructor.lesson_count, organization.name, organization.slug,
        organization.labels, instructor.time_zone, service.currency, price.list_cents, price.total_cents - price.list_cents,
        price.total_cents, free.start_at, format('%s/%s/%s', page.sort_key, page.instructor_id, page.service_id)
    from page
    join public.services service on service.id = page.service_id
    join public.instructors instructor on instructor.id = page.instructor_id
    join public.organizations organization on organization.id = service.org_id
    cross join lateral private.next_free_time(page.instructor_id, page.service_id) free
    left join lateral private.price_service(page.service_id, page.instructor_id, coalesce(free.start_at, present), free.minutes) price
        on private.price_refusal(price) is null
    order by page.sort_key, page.instructor_id, page.service_id;
end;
$function$;

CREATE OR REPLACE FUNCTION private.start_lesson (
  p_booking_id uuid
)
  RETURNS uuid
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
    booking public.bookings := private.require_taught_booking(p_booking_id);
    new_lesson_id uuid;
begin
    if booking.status <> 'confirmed' then
        perform private.refuse(
            'PT409', 'booking_not_confirmed',
            format('This booking is %s, so its lesson cannot start.', booking.status),
            'Only a confirmed booking''s lesson can be started, once.'
        );
    end if;
    if private.clock() < booking.start_at - interval '15 minutes' then
        perform private.refuse(
            'PT422', 'too_early',
            'It is too early to start this lesson.',
            'A lesson can be started 15 minutes before its time.'
        );
    end if;
    if private.clock() >= booking.end_at then
        perform private.refuse(
            'PT422', 'too_late',
            'The time of this lesson is over.',
            'Complete the lesson if it took place.'
        );
    end if;

    update public.bookings set status = 'in_progress' where id = booking.id;

    insert into public.lessons (org_id, booking_id, instructor_id, learner_id, started_at)
    values (booking.org_id, booking.id, booking.instructor_id, booking.learner_id, private.clock())
    returning id into new_lesson_id;
    return new_lesson_id;
end;
$function$;

CREATE OR REPLACE FUNCTION private.suitable_entries (
  p_freed private.freed_times
)
  RETURNS TABLE (
    entry_id   uuid,
    service_id uuid
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return query
    select entry.id, service.id
    from public.waiting_list_entries entry
    join public.instructors instructor on instructor.org_id = entry.org_id and instructor.id = p_freed.instructor_id
    join public.services service
        on service.org_id = entry.org_id
        and service.id = coalesce(entry.service_id, p_freed.service_id)
        and coalesce(service.instructor_id, instructor.id) = instructor.id
        and not service.requires_approval
    join public.learners learner on learner.org_id = entry.org_id and learner.id = entry.learner_id
    cross join lateral (
        select
            p_freed.start_at at time zone instructor.time_zone as starts,
            (p_freed.start_at + make_interval(mins => service.duration_minutes)) at time zone instructor.time_zone as ends,
            tstzrange(p_freed.start_at, p_freed.start_at + make_interval(mins => service.duration_minutes)) as during
    ) lesson
    where entry.org_id = p_freed.org_id
        and entry.ended_at is null
        and coalesce(entry.instructor_id, instructor.id) = instructor.id
        and extract(dow from lesson.starts)::integer = any (entry.days)
        and lesson.starts::time >= entry.from_time
        and lesson.ends <= lesson.starts::date + entry.to_time
        and lesson.starts::date <= coalesce(entry.until_date, 'infinity')
        and (
            entry.max_total_cents is null
            or (private.price_service(service.id, instructor.id, p_freed.start_at)).total_cents <= entry.max_total_cents
        )
        and not exists (
            select
            from public.waiting_list_entries own
            join private.waiting_offers offer on offer.org_id = own.org_id and offer.entry_id = own.id
            left join public.bookings booking on booking.org_id = offer.org_id and booking.id = offer.booking_id
            where own.org_id = entry.org_id
                and own.learner_id = entry.learner_id
                and (
                    booking.status in ('proposed', 'held', 'requested')
                    or ((offer.instructor_id, offer.start_at) = (instructor.id, p_freed.start_at) and booking.id is not null)
                    or (
                        own.id = entry.id
                        and (
                            (offer.instructor_id, offer.start_at) = (instructor.id, p_freed.start_at)
                            or booking.status in ('confirmed', 'in_progress', 'completed', 'no_show')
                        )
                    )
                )
        )
        and (
            learner.user_id is null
            or exists (
                select
                from public.organization_members member
                where member.org_id = learner.org_id
                    and member.user_id = learner.user_id
                    and member.role = 'learner'
            )
        )
        and private.is_learner_reachable(learner.id)
        and private.has_required_consent(learner.id)
        and not private.busy_times(
            coalesce(learner.user_id, learner.id), lower(lesson.during), upper(lesson.during), null
        ) && lesson.during
    order by entry.created_at, entry.id;
end;
$function$;

REVOKE ALL ON FUNCTION "private"."booking_facts"(uuid, uuid, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."booking_facts"(uuid, uuid, text) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."booking_facts"(uuid, uuid, text) TO "postgres";

REVOKE ALL ON FUNCTION "private"."close_claims"(public.bookings) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."close_claims"(public.bookings) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."close_claims"(public.bookings) TO "postgres";

REVOKE ALL ON FUNCTION "private"."end_entries"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."end_entries"(uuid) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."end_entries"(uuid) TO "postgres";

REVOKE ALL ON FUNCTION "private"."excess_due_cents"(public.order_items) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."excess_due_cents"(public.order_items) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."excess_due_cents"(public.order_items) TO "postgres";

REVOKE ALL ON FUNCTION "private"."forgotten_booking_ids"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."forgotten_booking_ids"(uuid) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."forgotten_booking_ids"(uuid) TO "postgres";

REVOKE ALL ON FUNCTION "private"."ignore_foreign_events"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."ignore_foreign_events"(uuid) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."ignore_foreign_events"(uuid) TO "postgres";

REVOKE ALL ON FUNCTION "private"."is_sold_again"(public.bookings) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."is_sold_again"(public.bookings) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."is_sold_again"(public.bookings) TO "postgres";

REVOKE ALL ON FUNCTION "private"."lock_bookings"(uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."lock_bookings"(uuid[]) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."lock_bookings"(uuid[]) TO "postgres";

REVOKE ALL ON FUNCTION "private"."refundable_lessons"(public.payments, uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."refundable_lessons"(public.payments, uuid) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."refundable_lessons"(public.payments, uuid) TO "postgres";

REVOKE ALL ON FUNCTION "private"."suitable_entries"(private.freed_times) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."suitable_entries"(private.freed_times) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."suitable_entries"(private.freed_times) TO "postgres";
