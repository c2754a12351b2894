set lock_timeout = '3s';

SET local check_function_bodies = off;

DROP TRIGGER "on_payment_changed" ON "public"."payments";

ALTER TABLE "public"."payment_methods"
  ADD COLUMN "funding" text;

CREATE OR REPLACE FUNCTION private.accept_proposal (
  p_booking_id  uuid,
  p_use_credits boolean
)
  RETURNS public.booking_status
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    booking public.bookings := private.require_proposal(p_booking_id);
    organization public.organizations;
begin
    select * into strict organization from public.organizations where id = booking.org_id;
    perform private.assert_still_bookable(booking);
    perform private.expire_holds(booking.org_id, booking.slot_id, booking.learner_person_id);
    if booking.original_booking_id is not null then
        perform private.assert_may_hold(booking.learner_person_id, booking.series_id, organization);
        perform private.move_original(booking);
    elsif p_use_credits and booking.due_cents > 0 then
        perform private.assert_may_spend(learner, true)
        from public.learners learner
        where learner.org_id = booking.org_id
            and learner.id = booking.learner_id;
        booking := private.pay_by_credit(booking);
    else
        perform private.assert_may_hold(booking.learner_person_id, booking.series_id, organization);
    end if;

    update public.bookings
    set status = case when booking.due_cents = 0 then 'confirmed' else 'held' end::public.booking_status,
        accepted_at = private.clock(),
        hold_expires_at = case
            when booking.due_cents > 0 then least(
                private.clock() + make_interval(mins => organization.checkout_hold_minutes),
                booking.start_at
            )
        end,
        early_start_requested_at = private.early_start_requested_at(booking.start_at, organization.withdrawal_mode)
    where org_id = booking.org_id
        and id = booking.id
    returning * into booking;
    return booking.status;
end;
$function$;

CREATE OR REPLACE FUNCTION private.apply_invoice_dispute (
  p_payment     public.invoice_payments,
  p_dispute     jsonb,
  p_occurred_at timestamp with time zone
)
  RETURNS private.stripe_outcome
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    moved record;
    reinstated_cents bigint := 0;
    payment public.invoice_payments;
begin
    for moved in
        select given.id, given.amount, given.fee
        from jsonb_to_recordset(p_dispute -> 'balance_transactions') given (id text, amount bigint, fee bigint)
        order by given.id
    loop
        if private.post_transaction(
            p_payment.org_id, 'invoice_dispute', 'invoice_payment', p_payment.id, format('invoice_dispute:%s', moved.id),
            p_payment.currency, p_occurred_at,
            array[
                row('stripe_balance', null, moved.amount - moved.fee),
                row('dispute_fees', null, moved.fee),
                row('subscription_revenue', null, -moved.amount)
            ]::private.posting[]
        ) then
            update public.invoice_payments
            set disputed_cents = disputed_cents - moved.amount
            where org_id = p_payment.org_id
                and id = p_payment.id;
            reinstated_cents := reinstated_cents + moved.amount;
        end if;
    end loop;
    if reinstated_cents > 0 then
        select * into strict payment from public.invoice_payments where org_id = p_payment.org_id and id = p_payment.id;
        perform private.refund_reinstated(payment, p_dispute ->> 'id', reinstated_cents);
    end if;
    if p_dispute ->> 'status' in ('warning_needs_response', 'needs_response') then
        perform private.raise_alert(
            p_payment.org_id, null, 'dispute_' || (p_dispute ->> 'status'),
            'A subscriber''s bank disputes what was paid for an invoice. Submit evidence in Stripe''s Dashboard.',
            'invoice_payments', p_payment.id, format('dispute:%s:%s', p_dispute ->> 'id', p_dispute ->> 'status')
        );
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$function$;

CREATE OR REPLACE FUNCTION private.apply_payment_method (
  p_method      jsonb,
  p_occurred_at timestamp with time zone,
  p_is_fetched  boolean
)
  RETURNS private.stripe_outcome
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    is_detached constant boolean := private.expandable_id(p_method -> 'customer') is null;
    customer public.stripe_customers := private.find_customer(p_method - 'metadata');
begin
    if customer.id is null and not is_detached then
        return row('ignored', 'not_ours')::private.stripe_outcome;
    end if;
    if not private.is_news(p_method, p_occurred_at, is_detached::integer, p_is_fetched) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;
    if is_detached then
        delete from public.payment_methods
        where org_id = private.platform_id()
            and stripe_payment_method_id = p_method ->> 'id';
        return row('processed', null)::private.stripe_outcome;
    end if;
    if customer.deleted_at is not null then
        return row('processed', 'customer_deleted')::private.stripe_outcome;
    end if;

    insert into public.payment_methods (
        org_id, customer_id, user_id, stripe_payment_method_id, type, brand, funding, last4, expiry_month, expiry_year
    )
    select
        customer.org_id, customer.id, customer.user_id, p_method ->> 'id', p_method ->> 'type', details.value ->> 'brand',
        details.value ->> 'funding', details.value ->> 'last4', (details.value ->> 'exp_month')::integer, (details.value ->> 'exp_year')::integer
    from (select p_method -> (p_method ->> 'type') as value) details
    on conflict (org_id, stripe_payment_method_id) do update
        set type = excluded.type,
            brand = excluded.brand,
            funding = excluded.funding,
            last4 = excluded.last4,
            expiry_month = excluded.expiry_month,
            expiry_year = excluded.expiry_year;
    perform private.mark_default_payment_method(customer.org_id, customer.id);
    return row('processed', null)::private.stripe_outcome;
end;
$function$;

CREATE OR REPLACE FUNCTION private.assert_has_paid_later (
  p_learner_person_id uuid,
  p_payer_id          uuid,
  p_org_id            uuid
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    if exists (
        select
        from public.bookings booking
        where (booking.learner_person_id = p_learner_person_id or booking.collect_from = p_payer_id)
            and booking.org_id = p_org_id
            and booking.given_up_at > private.clock() - interval '30 days'
            and booking.is_collected_later
    ) then
        perform private.refuse(
            'PT409', 'lesson_was_not_paid',
            'A lesson that was to be paid later was not paid within the last 30 days.',
            'Pay for lessons when you book them.'
        );
    end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.assert_may_pay_later (
  p_learner_person_id uuid,
  p_organization      public.organizations
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    if p_organization.max_lessons_paid_later = 0 then
        perform private.refuse(
            'PT409', 'not_paid_later',
            'Lessons are paid here when they are booked.',
            'Book the series with request_booking_series.'
        );
    end if;
    if (
        select count(*)
        from public.bookings booking
        where booking.org_id = p_organization.id
            and booking.learner_person_id = p_learner_person_id
            and booking.status in ('held', 'requested')
            and booking.is_collected_later
            and booking.hold_expires_at > private.clock()
    ) >= p_organization.max_lessons_paid_later then
        perform private.refuse(
            'PT409', 'too_many_lessons_paid_later',
            format('At most %s lessons ahead can be paid later.', p_organization.max_lessons_paid_later),
            'Book fewer at once, or pay for them when you book them.'
        );
    end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.cancel_unpaid_of_former_learner (
  p_membership public.organization_members
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    ids constant uuid[] := array(
        select booking.id
        from public.learners learner
        join public.bookings booking on booking.org_id = learner.org_id and booking.learner_id = learner.id
        where learner.org_id = p_membership.org_id
            and learner.user_id = p_membership.user_id
            and booking.status in ('held', 'requested')
            and booking.is_collected_later
        order by booking.id
    );
begin
    perform private.lock_endings(ids);
    update public.bookings
    set status = 'cancelled',
        cancelled_by = case when private.my_user_id() = p_membership.user_id then 'learner' else 'system' end::public.booking_party,
        cancelled_at = private.clock(),
        cancellation_reason = 'The learner has left.'
    where id = any (ids)
        and status in ('held', 'requested');
end;
$function$;

CREATE OR REPLACE FUNCTION private.cooling_off_ends_at (
  p_subscription public.subscriptions,
  p_days         integer
)
  RETURNS timestamp WITH time zone
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO '', 'pg_temp'
RETURN CASE WHEN ((p_subscription).organization_id IS NULL) THEN (private.cooling_off_begins_at(p_subscription) + make_interval(days => p_days)) ELSE NULL::timestamp
  WITH time zone END;

CREATE OR REPLACE FUNCTION private.create_credit_refund (
  p_payment    public.payments,
  p_credit     public.learner_credits,
  p_part       private.credit_part,
  p_reason     text,
  p_client_key text,
  p_is_fault   boolean
)
  RETURNS uuid
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    new_refund_id uuid;
    total_cents constant bigint := private.credit_part_cents(p_part);
    is_whole constant boolean := p_credit.is_fee_refundable or p_is_fault;
    price_cents constant bigint := case when is_whole then total_cents else least(p_part.share_cents, total_cents) end;
    refund_cents constant bigint := least(
        price_cents + case when is_whole then private.lacking_cents(p_credit) else 0 end,
        private.refundable_cents(p_payment)
    );
begin
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, client_key, requested_by
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id, p_payment.currency,
        refund_cents, coalesce(p_reason, 'Unused hours were given back.'), 'pending', p_client_key, private.my_user_id()
    )
    returning id into new_refund_id;
    perform private.add_credit_entry(p_part, 'refund', p_refund_id => new_refund_id);
    perform private.post_transaction(
        p_payment.org_id, 'hours_refunded', 'refund', new_refund_id, format('refund:%s:due', new_refund_id),
        p_payment.currency, private.clock(),
        private.credit_postings(p_part, 1)
        || row('refunds_due', null, -refund_cents)::private.posting
        || row('platform_fees', null, refund_cents - price_cents)::private.posting
        || case when is_whole then '{}' else private.earned_part_postings(p_part, price_cents) end
    );
    perform private.send_refund(new_refund_id);
    return new_refund_id;
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
        perform private.assert_has_paid_later(learner_person_id, p_request.collect_from, organization.id);
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

CREATE OR REPLACE FUNCTION private.lacking_cents (
  p_credit public.learner_credits
)
  RETURNS bigint
  LANGUAGE sql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
    select greatest(sum(private.entry_cents(entry) - refund.amount_cents), 0)::bigint
    from public.credit_entries entry
    join public.refunds refund
        on refund.org_id = entry.org_id
        and refund.id = entry.refund_id
        and refund.status not in ('failed', 'cancelled')
    where entry.org_id = p_credit.org_id
        and entry.credit_id = p_credit.id
        and entry.kind = 'refund'
        and (
            p_credit.is_fee_refundable
            or exists (
                select
                from public.order_items item
                join public.order_withdrawals withdrawal on withdrawal.org_id = item.org_id and withdrawal.order_id = item.order_id
                where item.org_id = p_credit.org_id
                    and item.credit_id = p_credit.id
                    and refund.created_at >= withdrawal.created_at
            )
        );
$function$;

CREATE OR REPLACE FUNCTION private.note_given_up_hold()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    new.given_up_at := case
        when new.collection_tries = 2
            or (
                (not new.is_collected_later or new.collection_tries > 0)
                and (
                    new.status = 'expired'
                    or (new.cancelled_by in ('learner', 'guardian') and private.clock() > old.created_at + interval '1 minute')
                )
            )
            then least(old.hold_expires_at, private.clock())
    end;
    return new;
end;
$function$;

CREATE OR REPLACE FUNCTION private.on_member_left()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    if old.role = 'instructor' then
        perform private.report_lessons_ahead(private.deactivate_former_instructor(old));
    elsif old.role = 'learner' then
        perform private.cancel_unpaid_of_former_learner(old);
    end if;
    return null;
end;
$function$;

CREATE OR REPLACE FUNCTION private.on_payment_changed()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    if new.is_disputed <> old.is_disputed then
        perform private.freeze_credit(new);
        perform private.refreeze_earnings(new.org_id, null, new.id);
        if not new.is_disputed then
            perform private.cancel_undisputed_payouts(new);
            perform private.refund_due(item_id, 'The dispute has ended.') from private.paid_item_ids(new.id) item_id;
            perform private.refund_left_hours(new);
        end if;
    end if;

    if (new.status = 'succeeded' and old.status <> 'succeeded') or new.lost_cents < old.lost_cents then
        perform private.refund_left_hours(new);
    end if;

    if new.status = 'unknown' and old.status <> 'unknown' then
        perform private.write_off_losses(new.id, private.clock());
    end if;

    if new.funds_available_at is distinct from old.funds_available_at then
        perform private.delay_earnings(new);
    end if;

    if new.status = 'cancelled' and old.status <> 'cancelled' then
        perform private.undo_cancelled_payment(new);
    end if;
    perform private.tell_of_payment(old, new);
    return null;
end;
$function$;

CREATE OR REPLACE FUNCTION private.open_collection (
  p_booking_id uuid,
  p_number     integer
)
  RETURNS TABLE (
    payment_id               uuid,
    stripe_payment_intent_id text,
    intent                   jsonb,
    intent_key               text,
    stripe_customer_id       text,
    stripe_payment_method_id text,
    receipt_email            text
  )
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    booking public.bookings;
    ordered public.orders;
    card public.payment_methods;
    payment public.payments;
begin
    perform private.lock_bookings(array[p_booking_id]);
    select * into strict booking from public.bookings where id = p_booking_id;
    if not private.awaits_collection(booking, p_number) then
        return;
    end if;
    if not private.is_bookable_instructor(instructor) from public.instructors instructor where instructor.id = booking.instructor_id then
        update public.bookings set collect_at = private.clock() where org_id = booking.org_id and id = booking.id;
        return;
    end if;
    card := private.default_card(private.payer_of_collection(booking));
    if card.id is null then
        perform private.fail_collection(booking, 'no_saved_card');
        return;
    end if;
    select * into strict ordered from public.orders where org_id = booking.org_id and id = booking.order_id;
    payment := coalesce(private.reuse_open_payment(ordered.id), private.add_payment(ordered, booking.collect_from));
    if payment.status not in ('requires_payment', 'requires_action') then
        perform private.look_again_later(booking);
        return;
    end if;

    return query
    select
        payment.id, payment.stripe_payment_intent_id, private.intent_parameters(payment), private.intent_key(payment),
        customer.stripe_customer_id, card.stripe_payment_method_id,
        (select profile.email from public.profiles profile where profile.id = card.user_id)
    from public.stripe_customers customer
    where customer.org_id = card.org_id
        and customer.id = card.customer_id;
end;
$function$;

CREATE OR REPLACE FUNCTION private.refund_if_withdrawn (
  p_payment public.invoice_payments
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    perform private.refund_of_withdrawn(
        p_payment, p_payment.amount_paid_cents, format('invoice_payment:%s:withdrawn', p_payment.id), '{}'
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.refund_left_hours (
  p_payment public.payments
)
  RETURNS TABLE (
    credit_id    uuid,
    learner_id   uuid,
    minutes      integer,
    amount_cents bigint,
    currency     text,
    refund_id    uuid
  )
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    left_over record;
begin
    for left_over in
        select
            lot as credit,
            case when instructor.is_active then 'The contract was withdrawn from.' else 'The instructor has left.' end as reason
        from public.order_items item
        join public.learner_credits lot on lot.org_id = item.org_id and lot.id = item.credit_id
        join public.instructors instructor on instructor.org_id = lot.org_id and instructor.id = lot.instructor_id
        where item.org_id = p_payment.org_id
            and item.order_id = p_payment.order_id
            and lot.status = 'active'
            and lot.minutes_left > 0
            and not p_payment.is_disputed
            and (
                not instructor.is_active
                or exists (
                    select
                    from public.order_withdrawals withdrawal
                    where withdrawal.org_id = item.org_id
                        and withdrawal.order_id = item.order_id
                )
            )
        for no key update of lot
    loop
        return query
        select
            (left_over.credit).id, (left_over.credit).learner_id, made.minutes, made.amount_cents, (left_over.credit).currency, made.refund_id
        from private.refund_lot(p_payment, left_over.credit, null, left_over.reason, null, true) made;
    end loop;
end;
$function$;

CREATE OR REPLACE FUNCTION private.refund_of_withdrawn (
  p_payment         public.invoice_payments,
  p_cents           bigint,
  p_idempotency_key text,
  p_named           jsonb
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    subscription public.subscriptions;
begin
    select subscribed.* into subscription
    from public.invoices invoice
    join public.subscriptions subscribed on subscribed.org_id = invoice.org_id and subscribed.id = invoice.subscription_id
    where invoice.org_id = p_payment.org_id
        and invoice.id = p_payment.invoice_id
        and invoice.period_end > private.cooling_off_begins_at(subscribed)
    for no key update of subscribed;
    if subscription.withdrawn_at is null or p_payment.stripe_payment_intent_id is null or p_cents <= 0 then
        return;
    end if;
    update public.subscriptions
    set withdrawal_refund_cents = withdrawal_refund_cents + p_cents
    where org_id = subscription.org_id
        and id = subscription.id;
    perform private.enqueue_command(
        subscription.org_id, 'withdraw_subscription', p_idempotency_key,
        jsonb_build_object(
            'subscription', subscription.stripe_subscription_id,
            'refunds', jsonb_build_array(
                jsonb_build_object(
                    'invoice_payment_id', p_payment.id,
                    'payment_intent', p_payment.stripe_payment_intent_id,
                    'amount_cents', p_cents
                )
                || p_named
            )
        ),
        format('customer:%s', subscription.customer_id)
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.refund_reinstated (
  p_payment          public.invoice_payments,
  p_dispute_id       text,
  p_reinstated_cents bigint
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    left_cents constant bigint := p_payment.amount_paid_cents - p_payment.refunded_cents - p_payment.disputed_cents;
begin
    perform private.refund_of_withdrawn(
        p_payment, least(p_reinstated_cents, left_cents),
        format('invoice_payment:%s:reinstated:%s:%s', p_payment.id, p_dispute_id, p_payment.disputed_cents),
        jsonb_build_object('dispute', p_dispute_id)
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.refunds_of_withdrawal (
  p_subscription public.subscriptions
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    begins_at constant timestamptz := private.cooling_off_begins_at(p_subscription);
    credited_cents constant bigint := (
        select coalesce(-sum(invoice.total_cents), 0)
        from public.invoices invoice
        where invoice.org_id = p_subscription.org_id
            and invoice.subscription_id = p_subscription.id
            and invoice.period_end > begins_at
            and invoice.status = 'paid'
            and invoice.total_cents < 0
    );
begin
    perform private.raise_alert(
        p_subscription.org_id, null, 'withdrawal_paid_outside',
        'Somebody has withdrawn from a subscription of which a change of plan had credited a part to their balance at Stripe. Take what is left of '
        'it off the balance, and give it back.',
        'subscriptions', p_subscription.id, format('subscription:%s:withdrawn', p_subscription.id)
    )
    where credited_cents > 0;
    perform private.raise_alert(
        invoice.org_id, null, 'withdrawal_paid_outside',
        'Somebody has withdrawn from a subscription that was paid outside Stripe. Give back what they paid.',
        'invoices', invoice.id, format('invoice:%s:withdrawn', invoice.id)
    )
    from public.invoices invoice
    where invoice.org_id = p_subscription.org_id
        and invoice.subscription_id = p_subscription.id
        and invoice.period_end > begins_at
        and invoice.paid_outside_cents > 0;

    return (
        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'invoice_payment_id', paid.id,
                    'payment_intent', paid.stripe_payment_intent_id,
                    'amount_cents', least(paid.left_cents, paid.so_far_cents - credited_cents)
                )
                order by paid.id
            ),
            '[]'
        )
        from (
            select
                payment.id,
                payment.stripe_payment_intent_id,
                back.left_cents,
                sum(back.left_cents) over (order by payment.id)::bigint as so_far_cents
            from public.invoices invoice
            join public.invoice_payments payment on payment.org_id = invoice.org_id and payment.invoice_id = invoice.id
            cross join lateral (select payment.amount_paid_cents - payment.refunded_cents - payment.disputed_cents as left_cents) back
            where invoice.org_id = p_subscription.org_id
                and invoice.subscription_id = p_subscription.id
                and invoice.period_end > begins_at
                and payment.status = 'paid'
                and payment.stripe_payment_intent_id is not null
                and back.left_cents > 0
        ) paid
        where paid.so_far_cents > credited_cents
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.withdraw_from_subscription (
  p_subscription_id uuid
)
  RETURNS TABLE (
    refund_cents bigint,
    currency     text
  )
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    subscription public.subscriptions := private.require_own_subscription(p_subscription_id);
    refunds jsonb;
begin
    if subscription.withdrawn_at is null then
        if not (
            subscription.is_live
            and subscription.organization_id is null
            and coalesce(subscription.cooling_off_ends_at > private.clock(), false)
        ) then
            perform private.refuse(
                'PT409', 'cooling_off_is_over',
                'This subscription cannot be withdrawn from any more.',
                'End it with the current period, with POST /billing-portal-sessions.'
            );
        end if;
        refunds := private.refunds_of_withdrawal(subscription);
        update public.subscriptions
        set withdrawn_at = private.clock(),
            withdrawal_refund_cents = (
                select coalesce(sum(refund.amount_cents), 0)
                from jsonb_to_recordset(refunds) refund (amount_cents bigint)
            )
        where org_id = subscription.org_id
            and id = subscription.id
        returning * into subscription;
        perform private.enqueue_command(
            subscription.org_id, 'withdraw_subscription', format('subscription:%s:withdraw', subscription.id),
            jsonb_build_object('subscription', subscription.stripe_subscription_id, 'refunds', refunds),
            format('customer:%s', subscription.customer_id)
        );
    end if;
    return query select subscription.withdrawal_refund_cents, subscription.currency;
end;
$function$;

CREATE OR REPLACE FUNCTION private.withdraw_hours (
  p_order public.orders
)
  RETURNS TABLE (
    minutes      integer,
    amount_cents bigint
  )
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    lot record;
begin
    for lot in
        select credit, paid.payment
        from public.order_items item
        join public.learner_credits credit on credit.org_id = item.org_id and credit.id = item.credit_id
        left join lateral (
            select payment
            from public.payment_items part
            join public.payments payment on payment.org_id = part.org_id and payment.id = part.payment_id and payment.is_accepted
            where part.org_id = item.org_id
                and part.item_id = item.id
            limit 1
        ) paid on true
        where item.order_id = p_order.id
            and (credit.minutes_left > 0 or credit.status = 'pending')
            and credit.status <> 'cancelled'
        order by credit.created_at, credit.id
        for no key update of credit
    loop
        if (lot.credit).status = 'pending' then
            update public.learner_credits set status = 'cancelled' where id = (lot.credit).id;
            perform private.cancel_open_payment(p_order.id);
            minutes := (lot.credit).minutes_purchased;
            amount_cents := 0;
            return next;
        elsif (lot.payment).is_disputed then
            minutes := (lot.credit).minutes_left;
            amount_cents := private.credit_part_cents(private.next_credit_part(lot.credit, minutes));
            return next;
        else
            return query
            select back.minutes, back.amount_cents
            from private.refund_lot(lot.payment, lot.credit, null, 'The contract was withdrawn from.', null, true) back;
        end if;
    end loop;
end;
$function$;

CREATE TRIGGER on_payment_changed
  AFTER UPDATE OF status, is_disputed, lost_cents, funds_available_at ON public.payments
  FOR EACH ROW
  EXECUTE FUNCTION private.on_payment_changed();

COMMENT ON COLUMN "public"."payment_methods"."funding" IS 'Of a card, Stripe''s word for what pays behind it: credit, debit, prepaid or unknown. Null of others, and of cards of which Stripe has said nothing since it is kept here.';

COMMENT ON FUNCTION "public"."accept_proposal"(uuid, boolean) IS 'Accepts what the school has booked for the caller, or for a learner for whom the caller may book, or the time to which their lesson would move, and returns the status: held until it is paid, or confirmed. p_use_credits pays with prepaid hours what is new; a move keeps what its original was paid with. For two hours cancelling then costs nothing, but of a time that was offered from the waiting list. Errors: sign_in_required, booking_not_found, booking_not_proposed, booking_not_reschedulable, not_yourself, may_not_book, not_a_learner_here, consent_required, instructor_unavailable, too_many_holds, too_many_held_lessons, too_many_unpaid_holds, learner_busy, learner_spends, discount_with_credit, insufficient_credit, credit_changed, price_missing, amount_too_small, amount_too_large.';

COMMENT ON FUNCTION "public"."withdraw_from_order"(uuid) IS 'Withdraws from an order within 14 days, where orders.withdrawal_mode lets consumers do so, and returns the receipt, which stays in order_withdrawals: lessons not given and unused hours go back in full with their fee, lessons given are kept. While a payment is disputed its bank decides, and what it leaves goes back then. For the learner, or a guardian who may pay. Calling again returns the same receipt. Errors: sign_in_required, order_not_found, no_withdrawal, withdrawal_too_late, nothing_to_withdraw, payment_disputed, insufficient_credit, bad_minutes, refund_exceeds_payment, client_key_reused.';

REVOKE ALL ON FUNCTION "private"."assert_has_paid_later"(uuid, uuid, uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."assert_has_paid_later"(uuid, uuid, uuid) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."assert_has_paid_later"(uuid, uuid, uuid) TO "postgres";

REVOKE ALL ON FUNCTION "private"."cancel_unpaid_of_former_learner"(public.organization_members) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."cancel_unpaid_of_former_learner"(public.organization_members) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."cancel_unpaid_of_former_learner"(public.organization_members) TO "postgres";

REVOKE ALL ON FUNCTION "private"."lacking_cents"(public.learner_credits) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."lacking_cents"(public.learner_credits) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."lacking_cents"(public.learner_credits) TO "postgres";

REVOKE ALL ON FUNCTION "private"."refund_of_withdrawn"(public.invoice_payments, bigint, text, jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."refund_of_withdrawn"(public.invoice_payments, bigint, text, jsonb) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."refund_of_withdrawn"(public.invoice_payments, bigint, text, jsonb) TO "postgres";

REVOKE ALL ON FUNCTION "private"."refund_reinstated"(public.invoice_payments, text, bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."refund_reinstated"(public.invoice_payments, text, bigint) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."refund_reinstated"(public.invoice_payments, text, bigint) TO "postgres";
