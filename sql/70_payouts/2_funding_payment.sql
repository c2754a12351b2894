-- The payment whose money a booking's earning waits for: its own latest, or that of the latest prepaid minutes it used.
create function private.funding_payment(p_booking_id uuid)
    returns setof public.payments
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select payment.*
    from public.payments payment
    where payment.is_accepted
        and payment.status in ('authorized', 'succeeded')
        and (
            payment.booking_id = p_booking_id
            or payment.credit_id in (
                select entry.credit_id from public.credit_entries entry where entry.booking_id = p_booking_id
            )
        )
    order by payment.created_at desc, payment.id desc
    limit 1;
$$;
