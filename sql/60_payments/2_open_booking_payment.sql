-- The open payment of a booking, or a new one. A service that captures by hand only reserves the money where the lesson ends
-- within six days, since an authorization lasts for seven; a booking further ahead is charged at once. Of a booking that was
-- rescheduled only the difference is due.
create function private.open_booking_payment(p_booking public.bookings, p_payer_id uuid)
    returns public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    payment public.payments;
    moved public.bookings;
begin
    select open_payment.* into payment
    from public.payments open_payment
    where open_payment.booking_id = p_booking.id
        and open_payment.status not in ('succeeded', 'cancelled');
    if found then
        return payment;
    end if;

    select * into moved from public.bookings where id = p_booking.moved_from_id;
    insert into public.payments (
        id, org_id, booking_id, payer_id, learner_id, instructor_id, currency,
        list_cents, discount_cents, fee_cents, share_cents, amount_cents, is_fee_refundable, minutes, capture_method,
        description, metadata
    )
    select
        new_id, p_booking.org_id, p_booking.id, p_payer_id, p_booking.learner_id, p_booking.instructor_id, p_booking.currency,
        p_booking.price_cents - coalesce(moved.price_cents, 0),
        p_booking.discount_cents - coalesce(moved.discount_cents, 0),
        p_booking.platform_fee_cents - coalesce(moved.platform_fee_cents, 0),
        p_booking.instructor_share_cents - coalesce(moved.instructor_share_cents, 0),
        p_booking.due_cents,
        p_booking.is_fee_refundable,
        extract(epoch from p_booking.end_at - p_booking.start_at) / 60,
        case
            when service.capture_mode = 'manual' and p_booking.end_at <= private.clock() + interval '6 days'
                then 'manual'
            else 'automatic'
        end::public.capture_mode,
        service.title,
        jsonb_build_object('payment_id', new_id, 'booking_id', p_booking.id, 'org_id', p_booking.org_id)
    from public.services service
    cross join gen_random_uuid() new_id
    where service.id = p_booking.service_id
    returning * into payment;
    return payment;
end;
$$;
