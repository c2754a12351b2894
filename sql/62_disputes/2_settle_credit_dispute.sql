-- A disputed purchase freezes its minutes. Lost, those that are left are gone, and what they do not cover is the platform's
-- loss, since those lessons were given; won, they can be used again.
create function private.settle_credit_dispute(
    p_dispute public.disputes,
    p_payment public.payments,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    claim_cents constant bigint := private.dispute_claim_cents(p_dispute);
    credit public.learner_credits;
begin
    update public.learner_credits
    set status = case when p_payment.is_disputed then 'frozen' else 'active' end::public.credit_status
    where id = p_payment.credit_id
        and status in ('active', 'frozen')
    returning * into credit;
    if p_dispute.status <> 'lost' or claim_cents = 0 then
        return;
    end if;

    select * into strict credit from public.learner_credits where id = p_payment.credit_id for no key update;
    perform private.lose_credit(p_dispute, p_payment, credit, p_occurred_at);
end;
$$;
