set lock_timeout = '3s';

SET local check_function_bodies = off;

CREATE OR REPLACE FUNCTION private.can_be_given (
  p_booking public.bookings
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return exists (
        select
        from public.instructors instructor
        where instructor.org_id = p_booking.org_id
            and instructor.id = p_booking.instructor_id
            and private.is_bookable_instructor(instructor)
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.is_erased_text (
  p_provider_id text
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return exists (
        select
        from private.message_events event
        where event.provider_id = p_provider_id
            and event.type = 'status'
            and event.status = 'erased'
    );
end;
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
                (not new.is_collected_later or (new.collection_tries > 0 and private.can_be_given(new)))
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
    if not private.can_be_given(booking) then
        -- It waits with those that were not queued, for which the instructor may be back.
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

CREATE OR REPLACE FUNCTION private.record_answer (
  p_provider_id text,
  p_channel     public.message_channel,
  p_sender      text,
  p_body        text,
  p_payload     jsonb,
  p_sent_at     timestamp with time zone
)
  RETURNS text
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    meaning constant text := private.meaning_of_answer(p_body);
begin
    -- Answers of one number follow one another, so that the latest is known.
    perform pg_advisory_xact_lock('private.suppressed_addresses'::regclass::oid::integer, hashtext(p_sender));
    if private.is_erased_text(p_provider_id) then
        return 'duplicate';
    end if;

    insert into private.message_events (provider_id, type, status, address, payload, channel, sent_at)
    values (p_provider_id, 'inbound', meaning, p_sender, p_payload, p_channel, p_sent_at)
    on conflict (provider_id, type, status) do nothing;
    if not found then
        return 'duplicate';
    end if;
    if private.latest_answer(p_channel, p_sender) = p_provider_id then
        perform private.obey_answer(p_provider_id, p_channel);
    end if;
    return meaning;
end;
$function$;

CREATE OR REPLACE FUNCTION private.record_message_status (
  p_message_id  uuid,
  p_provider_id text,
  p_status      text,
  p_error_code  text,
  p_payload     jsonb
)
  RETURNS text
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    told public.messages;
    new_status public.message_status;
begin
    if private.is_erased_text(p_provider_id) then
        return 'duplicate';
    end if;
    insert into private.message_events (provider_id, type, status, error_code, message_id, payload)
    values (p_provider_id, 'status', p_status, p_error_code, p_message_id, p_payload)
    on conflict (provider_id, type, status) do nothing;
    if not found then
        return 'duplicate';
    end if;

    select message.* into told
    from public.messages message
    where message.id = coalesce(
        (select content.message_id from public.message_contents content where content.provider_id = p_provider_id limit 1), p_message_id
    )
    for update;
    if not found or told.channel not in ('sms', 'whatsapp') then
        return 'unknown_message';
    end if;
    update public.message_contents
    set provider_id = coalesce(provider_id, p_provider_id)
    where message_id = told.id;

    new_status := private.status_of_twilio(p_status);
    if private.rank_of_status(new_status) > private.rank_of_status(told.status) then
        update public.messages
        set status = new_status,
            claimed_by = null,
            error = coalesce(error, p_error_code),
            sent_at = coalesce(sent_at, private.clock()),
            delivered_at = case when new_status = 'delivered' then private.clock() end
        where id = told.id;
    end if;
    if p_error_code = '21610' then
        perform private.suppress_address(told.channel, content.to_address, 'stop')
        from public.message_contents content
        where content.message_id = told.id;
    end if;
    return 'recorded';
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
    set withdrawal_refund_cents = least(
        withdrawal_refund_cents + p_cents,
        (
            select sum(paid.amount_paid_cents)
            from public.invoices invoice
            join public.invoice_payments paid on paid.org_id = invoice.org_id and paid.invoice_id = invoice.id
            where invoice.org_id = subscription.org_id
                and invoice.subscription_id = subscription.id
                and invoice.period_end > private.cooling_off_begins_at(subscription)
        )
    )
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
    -- A dispute can give back one part after the other: each has left another amount with the bank.
    part constant text := format('%s:%s', p_dispute_id, p_payment.disputed_cents);
begin
    perform private.refund_of_withdrawn(
        p_payment, least(p_reinstated_cents, left_cents), format('invoice_payment:%s:reinstated:%s', p_payment.id, part),
        jsonb_build_object('dispute', part)
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
        select greatest(
            coalesce(
                sum(
                    case
                        when invoice.total_cents < 0 then -invoice.total_cents
                        else least(invoice.amount_due_cents - invoice.total_cents, 0)
                    end
                ),
                0
            ),
            0
        )
        from (
            select known.*, min(known.finalized_at) filter (where known.total_cents < 0) over () as first_credited_at
            from public.invoices known
            where known.org_id = p_subscription.org_id
                and known.subscription_id = p_subscription.id
                and known.period_end > begins_at
                and known.status = 'paid'
        ) invoice
        where invoice.finalized_at >= invoice.first_credited_at
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

CREATE OR REPLACE FUNCTION private.stripe_totals (
  p_currency text,
  p_month    date
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
    select month.breakdown || jsonb_build_object(
        'opening_cents', month.opening_cents,
        'closing_cents', month.opening_cents + (month.breakdown ->> 'net_cents')::bigint
    )
    from (
        select
            private.balance_breakdown(
                p_currency, p_month::timestamp at time zone 'UTC', (p_month + interval '1 month') at time zone 'UTC'
            ) as breakdown,
            coalesce(
                (private.totals_before(p_month) #>> array['currencies', p_currency, 'stripe', 'closing_cents'])::bigint,
                (
                    select sum(moved.net_cents)::bigint
                    from private.balance_transactions moved
                    where moved.currency = p_currency
                        and moved.balance_type = 'payments'
                        and moved.booked_at < p_month::timestamp at time zone 'UTC'
                ),
                0
            ) as opening_cents
    ) month;
$function$;

CREATE OR REPLACE FUNCTION private.tracked_time (
  p_lesson       public.lessons,
  p_booked_until timestamp with time zone
)
  RETURNS tstzrange
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return case
        when p_lesson.started_at is not null then tstzrange(
            p_lesson.started_at - interval '2 minutes',
            greatest(p_lesson.started_at, least(p_lesson.ended_at, p_booked_until)) + interval '30 minutes'
        )
    end;
end;
$function$;

REVOKE ALL ON FUNCTION "private"."can_be_given"(public.bookings) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."can_be_given"(public.bookings) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."can_be_given"(public.bookings) TO "postgres";

REVOKE ALL ON FUNCTION "private"."is_erased_text"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."is_erased_text"(text) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."is_erased_text"(text) TO "postgres";
