-- Cancels lessons whose payment authorization is about to expire and that nobody marked as completed, and returns how many. The
-- authorization is released half a day before the bank would let it lapse. While somebody is said not to have come, it is captured
-- instead, so that waiting for a decision decides nothing. 95_operations calls it.
create function private.void_ageing_authorizations()
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
        where payment.status = 'authorized'
            and payment.authorized_at <= private.clock() - interval '6 days 12 hours'
            and payment.is_accepted
        order by payment.id
        limit 1000
    );
    ageing record;
    voided integer := 0;
begin
    perform private.lock_endings(array(select part.booking_id from public.payment_items part where part.payment_id = any (ageing_ids)));
    for ageing in
        select part.booking_id, payment.org_id, payment.instructor_id
        from public.payments payment
        join public.payment_items part on part.org_id = payment.org_id and part.payment_id = payment.id
        where payment.id = any (ageing_ids)
            and payment.status = 'authorized'
        order by payment.id
    loop
        if private.has_open_claim(ageing.booking_id) then
            perform private.capture_item(ageing.booking_id);
            continue;
        end if;
        update public.bookings
        set status = 'cancelled',
            cancelled_by = 'system',
            cancelled_at = private.clock(),
            cancellation_reason = 'The lesson was not completed while its payment was authorized.'
        where id = ageing.booking_id
            and status in ('confirmed', 'in_progress');
        if found then
            voided := voided + 1;
            perform private.raise_alert(
                ageing.org_id, ageing.instructor_id, 'authorization_voided',
                'A lesson was not marked as completed within six days of its payment, so the payment''s authorization was released.',
                'bookings', ageing.booking_id, format('booking:%s:authorization_voided', ageing.booking_id)
            );
        end if;
    end loop;
    return voided;
end;
$$;
