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
    paid record;
    payment public.payments;
begin
    for paid in
        select part.payment_id, part.whole_cents - part.price_cents as released_cents
        from private.spread_price(new.id, new) part
    loop
        select * into payment from public.payments where id = paid.payment_id and status = 'authorized' for no key update;
        if found then
            perform private.capture_payment(payment, paid.released_cents);
        end if;
    end loop;
    return null;
end;
$$;
