-- Captures an organization's authorizations that are about to expire, half a day before the bank would let them lapse, where the lesson is
-- over and something about it waits to be decided: waiting decides nothing. A lesson that is still ahead is cancelled and its authorization
-- released; returns how many were. 95_operations calls it, after the lessons that nobody completed were completed.
create function private.void_ageing_authorizations(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    ageing_ids constant uuid[] := array(
        select payment.id
        from private.open_payments opened
        join public.payments payment on payment.org_id = opened.org_id and payment.id = opened.payment_id
        where opened.org_id = p_org_id
            and payment.status = 'authorized'
            and payment.authorized_at <= private.clock() - interval '6 days 12 hours'
            and payment.is_accepted
        order by payment.id
        limit 1000
    );
    ageing record;
    voided integer := 0;
begin
    if cardinality(ageing_ids) = 0 then
        return 0;
    end if;
    perform private.lock_endings(array(select part.booking_id from public.payment_items part where part.payment_id = any (ageing_ids)));
    for ageing in
        select part.booking_id, payment.org_id, payment.instructor_id, booking.end_at <= private.clock() as is_over
        from public.payments payment
        join public.payment_items part on part.org_id = payment.org_id and part.payment_id = payment.id
        join public.bookings booking on booking.org_id = part.org_id and booking.id = part.booking_id
        where payment.org_id = p_org_id
            and payment.id = any (ageing_ids)
            and payment.status = 'authorized'
        order by payment.id
    loop
        if ageing.is_over or private.has_open_claim(ageing.booking_id) then
            perform private.capture_item(ageing.booking_id);
            continue;
        end if;
        update public.bookings
        set status = 'cancelled',
            cancelled_by = 'system',
            cancelled_at = private.clock(),
            cancellation_reason = 'The lesson is later than its payment could stay authorized.'
        where id = ageing.booking_id
            and status in ('confirmed', 'in_progress');
        if found then
            voided := voided + 1;
            perform private.raise_alert(
                ageing.org_id, ageing.instructor_id, 'authorization_voided',
                'A lesson is later than six days after its payment, so the payment''s authorization was released.',
                'bookings', ageing.booking_id, format('booking:%s:authorization_voided', ageing.booking_id)
            );
        end if;
    end loop;
    return voided;
end;
$$;
