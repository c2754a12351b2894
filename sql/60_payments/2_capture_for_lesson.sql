-- Takes the authorized money of a lesson that was given, or that the learner missed. Definer: nobody writes payments directly.
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
        perform private.capture_payment(payment, 0);
    end loop;
    return null;
end;
$$;
