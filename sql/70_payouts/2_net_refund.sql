-- A refund of a lesson that has been given is taken from the instructor's earnings, and given back if it fails later. It
-- counts from when the lesson's earning does, so that the two are paid out together.
-- Definer: nobody writes earnings directly.
create function private.net_refund()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, booking_id, payment_id, refund_id, currency, amount_cents, available_at
    )
    select
        booking.org_id,
        booking.instructor_id,
        coalesce(lesson.payee_id, private.payee_id(booking.instructor_id)),
        case new.status when 'succeeded' then 'refund' else 'adjustment' end::public.earning_kind,
        booking.id,
        payment.id,
        new.id,
        new.currency,
        case new.status when 'succeeded' then -new.share_cents else new.share_cents end,
        coalesce(lesson.available_at, private.clock())
    from public.payments payment
    join public.bookings booking on booking.id = payment.booking_id
    left join public.earnings lesson on lesson.booking_id = booking.id and lesson.kind = 'lesson'
    where payment.id = new.payment_id
        and payment.id = (private.paid_by(booking.id)).id
        and booking.status = 'completed'
        and new.share_cents <> 0;
    return null;
end;
$$;
