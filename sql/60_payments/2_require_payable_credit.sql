-- The person's own purchase of credit, or one of a learner whose guardian may pay, locked, if it can be paid for now. A foreign
-- one is as unknown as one that does not exist.
create function private.require_payable_credit(p_user_id uuid, p_credit_id uuid)
    returns public.learner_credits
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    credit public.learner_credits;
begin
    select * into credit
    from public.learner_credits
    where id = p_credit_id
        and (
            learner_id in (select learner.id from public.learners learner where learner.user_id = p_user_id)
            or learner_id = any (private.ward_ids(p_user_id, 'pay'))
        )
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'credit_not_found',
            'You have bought no such hours.',
            'Check the id, and that you are signed in as the learner, or a guardian who may pay.'
        );
    end if;
    if credit.status = 'cancelled' or (credit.status = 'pending' and credit.hold_expires_at <= private.clock()) then
        perform private.refuse(
            'PT409', 'hold_expired',
            'The price was kept for you until now, but not longer.',
            'Buy the hours again, at the price of today.'
        );
    end if;
    if credit.status <> 'pending' then
        perform private.refuse(
            'PT409', 'credit_not_payable',
            format('These hours are %s, so there is nothing to pay.', credit.status),
            'Reload your hours.'
        );
    end if;
    return credit;
end;
$$;
