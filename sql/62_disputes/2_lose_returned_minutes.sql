-- Minutes that come back to a lot after its dispute was lost, of a lesson that was called off or a refund that failed, are nobody's
-- any more. Definer: the writer needs no access to disputes.
create function private.lose_returned_minutes()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    credit public.learner_credits;
    payment public.payments;
    dispute public.disputes;
begin
    select * into strict credit from public.learner_credits where id = new.credit_id;
    if credit.status <> 'closed' then
        return null;
    end if;
    select * into strict payment
    from public.payments
    where credit_id = credit.id
        and is_accepted
    for no key update;
    select * into strict dispute
    from public.disputes
    where payment_id = payment.id
        and status = 'lost'
    order by closed_at desc, id
    limit 1
    for no key update;
    perform private.lose_credit(dispute, payment, credit, private.clock());
    return null;
end;
$$;
