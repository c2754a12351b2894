-- What the webhook service needs to make or fetch the PaymentIntent of a held booking, for a signed-in person whose token
-- it has verified. Asked again, it answers with the same payment and the same key.
-- Definer: the service has no access to the tables.
create function private.open_payment(p_user_id uuid, p_booking_id uuid)
    returns table (
        payment_id uuid,
        amount_cents bigint,
        currency text,
        stripe_payment_intent_id text,
        idempotency_key text,
        capture_method text,
        description text,
        transfer_group text,
        metadata jsonb
    )
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_payable_booking(p_user_id, p_booking_id);
    payment public.payments;
begin
    perform set_config('lplate.acting_user', p_user_id::text, true);

    select * into payment
    from public.payments open_payment
    where open_payment.booking_id = booking.id
        and open_payment.status not in ('succeeded', 'cancelled');

    if not found then
        insert into public.payments (
            org_id, booking_id, payer_id, learner_id, instructor_id, currency,
            list_cents, discount_cents, fee_cents, share_cents, amount_cents, is_fee_refundable, minutes
        )
        values (
            booking.org_id, booking.id, p_user_id, booking.learner_id, booking.instructor_id, booking.currency,
            booking.price_cents, booking.discount_cents, booking.platform_fee_cents, booking.instructor_share_cents,
            booking.due_cents, booking.is_fee_refundable, extract(epoch from booking.end_at - booking.start_at) / 60
        )
        returning * into payment;
    end if;

    return query
    select
        payment.id,
        payment.amount_cents,
        payment.currency,
        payment.stripe_payment_intent_id,
        'payment_intent:' || payment.id,
        'automatic'::text,
        service.title,
        payment.id::text,
        jsonb_build_object('payment_id', payment.id, 'booking_id', booking.id, 'org_id', booking.org_id)
    from public.services service
    where service.id = booking.service_id;
end;
$$;
