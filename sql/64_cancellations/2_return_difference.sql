-- Gives back what a booking costs less than the one that was rescheduled to it, once it is confirmed: from the latest payment.
-- Of an authorization it is not captured in the end. Definer: nobody writes refunds directly.
create function private.return_difference()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payment public.payments;
    difference_cents bigint;
begin
    select paid.* into payment
    from public.payments paid
    where paid.booking_id = new.id
        and paid.is_accepted
        and paid.status = 'succeeded'
    order by paid.created_at desc, paid.id desc
    limit 1
    for no key update;
    if not found then
        return null;
    end if;

    difference_cents := case
        when payment.is_fee_refundable then new.moved_cents - new.total_cents
        else (
            select moved.instructor_share_cents - new.instructor_share_cents
            from public.bookings moved
            where moved.id = new.moved_from_id
        )
    end;
    if least(difference_cents, private.refundable_cents(payment)) > 0 then
        perform private.create_refund(
            payment, least(difference_cents, private.refundable_cents(payment)), 'The lesson was moved to a cheaper time.'
        );
    end if;
    return null;
end;
$$;
