-- Queues the charges of an organization's lessons that are due, and returns how many. What an instructor who cannot be booked any more would
-- give is not charged: it waits for the school, and expires unpaid. Maintenance calls it.
create function private.queue_collections(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    due record;
    queued integer := 0;
begin
    for due in
        select booking.id, booking.order_id, booking.collect_at, booking.collection_tries + 1 as number
        from public.bookings booking
        join public.orders ordered on ordered.org_id = booking.org_id and ordered.id = booking.order_id
        join public.instructors instructor on instructor.org_id = booking.org_id and instructor.id = booking.instructor_id
        where booking.org_id = p_org_id
            and booking.collect_at <= private.clock()
            and booking.status = 'held'
            and booking.hold_expires_at > private.clock()
            and private.is_bookable_instructor(instructor)
        order by booking.collect_at, booking.id
        limit 1000
        for no key update of booking, ordered skip locked
    loop
        update public.bookings set collect_at = null where org_id = p_org_id and id = due.id;
        perform private.enqueue_command(
            p_org_id, 'collect_lesson', format('booking:%s:collect:%s', due.id, extract(epoch from due.collect_at)),
            jsonb_build_object(
                'booking_id', due.id,
                'number', due.number,
                'idempotency_key', format('collect:%s:%s', due.id, extract(epoch from due.collect_at))
            ),
            format('order:%s', due.order_id)
        );
        queued := queued + 1;
    end loop;
    return queued;
end;
$$;

-- Opens the payment of a lesson that is to be charged now, or finds the open one, and returns what the job needs to charge the card: the
-- default card of whoever booked, if they may still pay for the learner. No row if there is nothing to charge: the lesson was paid, moved or
-- given up meanwhile, nobody can give it any more, or there is nobody to charge, which counts as a failed try.
-- Definer: the jobs have no access to the tables.
create function private.open_collection(p_booking_id uuid, p_number integer)
    returns table (
        payment_id uuid,
        stripe_payment_intent_id text,
        intent jsonb,
        intent_key text,
        stripe_customer_id text,
        stripe_payment_method_id text,
        receipt_email text
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
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
$$;

-- Whether a lesson is to be charged to its card for this first or second time: it is held, and the charge before has failed.
create function private.awaits_collection(p_booking public.bookings, p_number integer)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_booking.status = 'held'
        and p_booking.is_collected_later
        and p_booking.hold_expires_at > private.clock()
        and p_booking.collection_tries = p_number - 1;
end;
$$;

-- Records Stripe's response to charging a lesson's card: it is paid, or the try has failed.
-- Definer: the jobs have no access to the tables.
create function private.record_collection(p_booking_id uuid, p_number integer, p_payment_id uuid, p_payment_intent jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    perform private.lock_bookings(array[p_booking_id]);
    perform private.record_payment_intent(p_payment_id, p_payment_intent);
    select * into strict booking from public.bookings where id = p_booking_id;
    if not private.awaits_collection(booking, p_number) then
        return;
    end if;
    if private.next_payment_step(p_payment_intent) = 'wait' then
        perform private.look_again_later(booking);
    else
        perform private.fail_collection(
            booking, case when private.next_payment_step(p_payment_intent) = 'authenticate' then 'authentication_required' end
        );
    end if;
end;
$$;

-- Plans another look at a lesson whose payment the bank still processes: if that fails, it is charged then.
create function private.look_again_later(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.bookings
    set collect_at = private.clock() + interval '24 hours'
    where org_id = p_booking.org_id
        and id = p_booking.id;
$$;

-- Counts a failed charge of a lesson. After the first it is tried once more a day later, but not if the bank wants the payer, whom only the
-- payer can satisfy: the lesson is held until its deadline then. After the second the time is free again. 82_effects has it told.
create function private.fail_collection(p_booking public.bookings, p_code text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_booking.collection_tries = 0 then
        update public.bookings
        set collection_tries = 1,
            collect_at = case when p_code is distinct from 'authentication_required' then private.clock() + interval '24 hours' end
        where org_id = p_booking.org_id
            and id = p_booking.id;
        return;
    end if;
    update public.bookings
    set status = 'cancelled',
        cancelled_by = 'system',
        cancelled_at = private.clock(),
        cancellation_reason = 'It could not be charged to the saved card.',
        collection_tries = 2
    where org_id = p_booking.org_id
        and id = p_booking.id;
end;
$$;
