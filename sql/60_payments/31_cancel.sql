-- Cancels at Stripe the open payment of a booking or a credit purchase that ended unpaid. Its discount is free again once Stripe
-- confirms the cancellation, or at once if there is no payment.
create function private.cancel_open_payment(p_booking_id uuid, p_credit_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
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

-- When a booking ends unpaid, what was asked of Stripe for it is called off: its code becomes free once Stripe has confirmed
-- that, or at once if nothing was asked. Definer: nobody writes payments directly.
create function private.end_open_payment()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.cancel_open_payment(new.id, null);
    return null;
end;
$$;

create trigger end_open_payment
    after update of status on public.bookings
    for each row
    when (new.status in ('cancelled', 'declined', 'expired') and new.status <> old.status)
    execute function private.end_open_payment();

-- Queues the command that cancels a payment's PaymentIntent at Stripe, once. The command first creates the intent, with the same
-- key, if its id is not recorded: so no intent whose creation is still under way can be paid later.
create function private.cancel_payment(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.enqueue_command(
        'cancel_payment_intent', format('payment:%s:cancel', p_payment.id),
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
    set search_path = ''
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

-- What follows from a payment that Stripe has cancelled: its code is free again, and if the booking was confirmed by an
-- authorization that is gone, the lesson is called off, or if it was given already, somebody must look.
-- Definer: nobody writes bookings and codes directly.
create function private.undo_cancelled_payment()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if exists (
        select
        from public.bookings booking
        where booking.id = new.booking_id
            and booking.status not in ('cancelled', 'declined', 'expired')
            and not new.is_accepted
    ) or exists (
        select
        from public.learner_credits credit
        where credit.id = new.credit_id
            and credit.status <> 'cancelled'
    ) then
        return null;
    end if;

    perform private.finish_redemption(new.booking_id, new.credit_id, 'released');
    if new.is_accepted then
        perform private.restore_discount(new.booking_id, new.credit_id);
        update public.bookings
        set status = 'cancelled',
            cancelled_by = 'system',
            cancelled_at = private.clock(),
            cancellation_reason = 'The authorization of the payment has ended.',
            refund_bps = 10000,
            cancellation_refund_cents = 0,
            restored_minutes = 0,
            kept_share_cents = 0
        where id = new.booking_id
            and status in ('confirmed', 'in_progress');
        if found or new.uncaptured_cents < new.amount_cents and exists (
            select
            from public.bookings booking
            where booking.id = new.booking_id
                and (booking.status in ('completed', 'no_show') or booking.kept_share_cents > 0)
        ) then
            perform private.raise_alert(
                new.org_id, new.instructor_id, 'authorization_lost',
                'A payment that was authorized could not be captured any more.',
                'payments', new.id, format('payment:%s:authorization_lost', new.id)
            );
        end if;
    end if;
    return null;
end;
$$;

create trigger undo_cancelled_payment
    after update of status on public.payments
    for each row
    when (new.status = 'cancelled' and old.status <> 'cancelled')
    execute function private.undo_cancelled_payment();
