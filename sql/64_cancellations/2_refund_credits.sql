-- Gives back unused minutes of a lot at the price that was really paid; by the learner, a guardian who may pay, or an admin.
-- The minutes are taken at once, and come back if Stripe cannot make the refund. The same key and minutes again are the same
-- refund. Definer: nobody writes credits directly.
create function private.refund_credits(p_credit_id uuid, p_minutes integer, p_reason text, p_client_key text)
    returns table (refund_id uuid, minutes integer, amount_cents bigint, currency text)
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    person uuid := private.require_person();
    payment public.payments;
    credit public.learner_credits;
    broken_rule text;
begin
    select paid.* into payment
    from public.payments paid
    where paid.credit_id = p_credit_id
        and paid.is_accepted
        and (
            paid.learner_id = any (private.my_learner_ids())
            or paid.learner_id = any (private.ward_ids(person, 'pay'))
            or paid.org_id = any (private.my_admin_org_ids())
        )
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'credit_not_found',
            'You have bought no such hours.',
            'Check the id, and that you are signed in as the right person.'
        );
    end if;
    select * into strict credit from public.learner_credits where id = p_credit_id for no key update;
    return query
    select made.refund_id, made.minutes, made.amount_cents, credit.currency
    from private.return_credit(payment, credit, p_minutes, p_reason, p_client_key) made;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;
