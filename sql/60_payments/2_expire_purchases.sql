-- Gives up purchases of credit that were not paid in time, and returns how many.
create function private.expire_purchases()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    overdue_id uuid;
    given_up integer := 0;
begin
    for overdue_id in
        select credit.id
        from public.learner_credits credit
        where credit.status = 'pending'
            and credit.hold_expires_at <= private.clock()
        order by credit.id
        limit 1000
        for no key update skip locked
    loop
        update public.learner_credits set status = 'cancelled' where id = overdue_id;
        perform private.cancel_open_payment(null, overdue_id);
        given_up := given_up + 1;
    end loop;
    return given_up;
end;
$$;
