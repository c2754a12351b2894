-- Takes from a credit lot the minutes that lost disputes over its purchase have cost, rounded down, or restores those that they have
-- not cost after all. What the minutes do not cover is the platform's loss, because those lessons were given. A lot is closed once
-- disputes have cost all of it, and usable again when they have not. count_losses calls it.
create function private.take_lost_minutes(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
    claim_cents bigint;
    lost private.credit_part;
    part private.credit_part;
    missing integer;
begin
    select * into strict credit from public.learner_credits where id = p_payment.credit_id for no key update;
    select coalesce(sum(greatest(dispute.withdrawn_cents, 0)), 0)
    into claim_cents
    from public.disputes dispute
    where dispute.org_id = p_payment.org_id
        and dispute.payment_id = p_payment.id
        and private.is_dispute_lost(dispute.status);

    lost := private.lost_minutes(credit.id);
    missing := least(claim_cents * credit.minutes_purchased / credit.total_cents, credit.minutes_left + lost.minutes) - lost.minutes;
    if missing < 0 then
        perform private.restore_lost_minutes(credit, -missing);
    elsif missing > 0 then
        part := private.next_credit_part(credit, missing);
        if lost.share_cents + part.share_cents + lost.fee_cents + part.fee_cents - lost.discount_cents - part.discount_cents > claim_cents then
            part := private.next_credit_part(credit, missing - 1);
        end if;
        if part.minutes > 0 then
            perform private.add_credit_entry(part, 'dispute', null, null);
        end if;
    end if;

    update public.learner_credits
    set status = case
        when claim_cents >= credit.total_cents then 'closed'
        when p_payment.is_disputed then 'frozen'
        else 'active'
    end::public.credit_status
    where org_id = credit.org_id
        and id = credit.id
        and status in ('active', 'frozen', 'closed');
end;
$$;

-- Recomputes what disputes over the purchase of a lot have cost after its minutes have changed: a lesson was cancelled, or a refund
-- was made or failed. 82_effects calls it.
create function private.write_off_minutes(p_entry public.credit_entries)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.write_off_losses(payment.id, private.clock())
    from public.payments payment
    where payment.org_id = p_entry.org_id
        and payment.credit_id = p_entry.credit_id
        and payment.is_accepted;
end;
$$;
