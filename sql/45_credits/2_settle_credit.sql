-- Consumes what a booking's lesson used of its reserved minutes and returns the rest.
create function private.settle_credit(p_booking_id uuid, p_returned_minutes integer)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    part private.credit_part;
begin
    perform
    from public.learner_credits credit
    where credit.id in (select reserved.credit_id from private.reserved_credit(p_booking_id) reserved)
    order by credit.id
    for no key update;

    for part in
        select returned.* from private.returned_credit(p_booking_id, p_returned_minutes) returned
    loop
        perform private.move_credit(part, 'return', p_booking_id, null);
    end loop;
    for part in
        select rest.* from private.reserved_credit(p_booking_id) rest
    loop
        perform private.post_credit_consumed(private.move_credit(part, 'consume', p_booking_id, null));
    end loop;
end;
$$;
