-- Takes the authorized money of a lesson that was given, or that the learner missed: what the booking costs by now, which is
-- less than was authorized if it was moved to a cheaper time. Definer: nobody writes payments directly.
create function private.capture_for_lesson()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payment public.payments;
begin
    for payment in
        select authorized.*
        from public.payments authorized
        where authorized.booking_id = new.id
            and authorized.is_accepted
            and authorized.status = 'authorized'
        for no key update
    loop
        perform private.capture_payment(payment, greatest(payment.amount_cents - new.total_cents, 0));
    end loop;
    return null;
end;
$$;
