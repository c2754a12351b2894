-- Cancels at Stripe the open payment of a booking or a credit purchase that ended unpaid. Its discount is free again once Stripe
-- confirms the cancellation, or at once if there is no payment.
create function private.cancel_open_payment(p_booking_id uuid, p_credit_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    open_payment public.payments;
begin
    select payment.* into open_payment
    from public.payments payment
    where (payment.booking_id = p_booking_id or payment.credit_id = p_credit_id)
        and payment.status not in ('succeeded', 'cancelled', 'unknown')
        and not payment.is_accepted;

    if found then
        perform private.cancel_payment(open_payment);
    elsif not exists (
        select
        from public.payments payment
        where (payment.booking_id = p_booking_id or payment.credit_id = p_credit_id)
            and payment.status <> 'cancelled'
    ) then
        perform private.finish_redemption(p_booking_id, p_credit_id, 'released');
    end if;
end;
$$;

-- Queues the command that cancels a payment's PaymentIntent at Stripe, once. The command first creates the intent, with the same
-- key, if its id is not recorded: so no intent whose creation is still under way can be paid later.
create function private.cancel_payment(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.enqueue_command(
        p_payment.org_id, 'cancel_payment_intent', format('payment:%s:cancel', p_payment.id),
        jsonb_build_object(
            'payment_id', p_payment.id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'create', private.intent_parameters(p_payment),
            'create_key', private.intent_key(p_payment)
        ),
        format('payment:%s', p_payment.id)
    );
end;
$$;

-- Cancels credit purchases that were not paid in time, and returns how many. The jobs call it through maintenance.
create function private.expire_purchases()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    overdue_id uuid;
    cancelled_count integer := 0;
begin
    for overdue_id in
        select credit.id
        from public.learner_credits credit
        where credit.status = 'pending'
            and credit.hold_expires_at <= private.clock()
        order by credit.id
        limit 1000
        for no key update skip locked
    loop
        update public.learner_credits set status = 'cancelled' where id = overdue_id;
        perform private.cancel_open_payment(null, overdue_id);
        cancelled_count := cancelled_count + 1;
    end loop;
    return cancelled_count;
end;
$$;

-- Undoes what a payment had paid for that Stripe has cancelled. Its discount is free again. If an authorization was lost, the
-- booking that it confirmed is cancelled; if the lesson was given already, the admins are told. 82_effects calls it.
create function private.undo_cancelled_payment(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select
        from public.bookings booking
        where booking.org_id = p_payment.org_id
            and booking.id = p_payment.booking_id
            and booking.status not in ('cancelled', 'declined', 'expired')
            and not p_payment.is_accepted
    ) or exists (
        select
        from public.learner_credits credit
        where credit.org_id = p_payment.org_id
            and credit.id = p_payment.credit_id
            and credit.status <> 'cancelled'
    ) then
        return;
    end if;

    perform private.finish_redemption(p_payment.booking_id, p_payment.credit_id, 'released');
    if p_payment.is_accepted then
        perform private.restore_discount(p_payment.booking_id, p_payment.credit_id);
        update public.bookings
        set status = 'cancelled',
            cancelled_by = 'system',
            cancelled_at = private.clock(),
            cancellation_reason = 'The authorization of the payment has ended.'
        where org_id = p_payment.org_id
            and id = p_payment.booking_id
            and status in ('confirmed', 'in_progress');
        if found or p_payment.uncaptured_cents < p_payment.amount_cents and exists (
            select
            from public.bookings booking
            where booking.org_id = p_payment.org_id
                and booking.id = p_payment.booking_id
                and (booking.status in ('completed', 'no_show') or booking.kept_share_cents > 0)
        ) then
            perform private.raise_alert(
                p_payment.org_id, p_payment.instructor_id, 'authorization_lost',
                'A payment that was authorized could not be captured any more.',
                'payments', p_payment.id, format('payment:%s:authorization_lost', p_payment.id)
            );
        end if;
    end if;
end;
$$;
