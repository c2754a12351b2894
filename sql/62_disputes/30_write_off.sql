-- Writes off a booking's payment: the withdrawn amount that was not written off before. If the platform bears liability, it pays
-- the share that the instructor keeps, which of a cancelled lesson may be a part only. post_dispute_result calls it.
create function private.write_off_payment(p_dispute public.disputes, p_payment public.payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    loss_cents constant bigint := least(
        greatest(p_dispute.withdrawn_cents, 0) - p_dispute.lost_cents,
        p_payment.amount_cents - private.gone_cents(p_payment)
    );
    claim_cents constant bigint := private.dispute_claim_cents(p_dispute);
    part record;
    absorbed_cents bigint;
begin
    if claim_cents = 0 then
        return;
    end if;

    select
        after.share_cents - before.share_cents as share_cents,
        after.fee_cents - before.fee_cents as fee_cents,
        after.discount_cents - before.discount_cents as discount_cents
    into part
    from private.split_refund(p_payment, private.gone_cents(p_payment)) before
    cross join private.split_refund(p_payment, private.gone_cents(p_payment) + loss_cents) after;

    absorbed_cents := case p_dispute.liability
        when 'platform' then least(
            part.share_cents,
            (
                select booking.kept_share_cents
                from public.bookings booking
                where booking.org_id = p_payment.org_id
                    and booking.id = p_payment.booking_id
            )
        )
        else 0
    end;

    update public.payments
    set lost_cents = lost_cents + loss_cents,
        absorbed_share_cents = absorbed_share_cents + absorbed_cents
    where org_id = p_payment.org_id
        and id = p_payment.id;
    update public.disputes
    set lost_cents = lost_cents + loss_cents,
        lost_share_cents = lost_share_cents + part.share_cents,
        revision = revision + 1
    where org_id = p_dispute.org_id
        and id = p_dispute.id;

    perform private.post_transaction(
        p_dispute.org_id, 'dispute_lost', 'dispute', p_dispute.id, format('dispute:%s:lost:%s', p_dispute.id, p_dispute.revision),
        p_dispute.currency, p_occurred_at,
        array[
            row('dispute_receivable', null, -claim_cents),
            row('platform_fees', null, part.fee_cents),
            row('promotions', null, -part.discount_cents),
            row('instructor_pending', p_payment.instructor_id, part.share_cents - absorbed_cents),
            row('dispute_losses', null, absorbed_cents + claim_cents - loss_cents)
        ]::private.posting[]
    );
end;
$$;

-- Freezes a credit lot while its purchase is disputed and makes it usable again if the dispute is won. If it is lost, the
-- remaining minutes are written off.
create function private.post_credit_dispute_result(
    p_dispute public.disputes,
    p_payment public.payments,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    claim_cents constant bigint := private.dispute_claim_cents(p_dispute);
    credit public.learner_credits;
begin
    update public.learner_credits
    set status = case when p_payment.is_disputed then 'frozen' else 'active' end::public.credit_status
    where org_id = p_payment.org_id
        and id = p_payment.credit_id
        and status in ('active', 'frozen')
    returning * into credit;
    if p_dispute.status <> 'lost' or claim_cents = 0 then
        return;
    end if;

    select * into strict credit
    from public.learner_credits
    where org_id = p_payment.org_id
        and id = p_payment.credit_id
    for no key update;
    perform private.write_off_credit(p_dispute, p_payment, credit, p_occurred_at);
end;
$$;

-- Writes off a credit lot whose purchase's dispute was lost: its remaining minutes are removed. What their price does not cover is
-- the platform's loss, because those lessons were given; minutes restored later reduce that loss.
create function private.write_off_credit(
    p_dispute public.disputes,
    p_payment public.payments,
    p_credit public.learner_credits,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    claim_cents constant bigint := private.dispute_claim_cents(p_dispute);
    part constant private.credit_part := private.next_credit_part(p_credit, p_credit.minutes_left);
    loss_cents constant bigint := least(
        part.share_cents + part.fee_cents - part.discount_cents,
        p_payment.amount_cents - private.gone_cents(p_payment)
    );
begin
    if part.minutes > 0 then
        perform private.add_credit_entry(part, 'dispute', null, null);
    end if;
    update public.learner_credits set status = 'closed' where id = p_credit.id and status in ('active', 'frozen');
    update public.payments set lost_cents = lost_cents + loss_cents where id = p_payment.id;
    update public.disputes
    set lost_cents = lost_cents + loss_cents,
        lost_share_cents = lost_share_cents + part.share_cents,
        revision = revision + 1
    where org_id = p_dispute.org_id
        and id = p_dispute.id;

    perform private.post_transaction(
        p_dispute.org_id, 'dispute_lost', 'dispute', p_dispute.id, format('dispute:%s:lost:%s', p_dispute.id, p_dispute.revision),
        p_dispute.currency, p_occurred_at,
        array[
            row('dispute_receivable', null, -claim_cents),
            row('learner_prepaid', null, part.share_cents),
            row('deferred_fees', null, part.fee_cents),
            row('deferred_promotions', null, -part.discount_cents),
            row(
                'dispute_losses', null,
                claim_cents - (part.share_cents + part.fee_cents - part.discount_cents)
            )
        ]::private.posting[]
    );
end;
$$;

-- Writes off minutes that are restored to a lot after its purchase's dispute was lost, because a lesson was cancelled or a refund
-- failed. A lot that is not closed keeps them. 82_effects calls it.
create function private.write_off_restored_minutes(p_entry public.credit_entries)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
    payment public.payments;
    dispute public.disputes;
begin
    select * into strict credit from public.learner_credits where org_id = p_entry.org_id and id = p_entry.credit_id;
    if credit.status <> 'closed' then
        return;
    end if;
    select * into strict payment
    from public.payments
    where org_id = credit.org_id
        and credit_id = credit.id
        and is_accepted
    for no key update;
    select * into strict dispute
    from public.disputes
    where org_id = payment.org_id
        and payment_id = payment.id
        and status = 'lost'
    order by closed_at desc, id
    limit 1
    for no key update;
    perform private.write_off_credit(dispute, payment, credit, private.clock());
end;
$$;

-- The amount of a dispute still receivable from the bank: withdrawn and not yet written off.
create function private.dispute_claim_cents(p_dispute public.disputes)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select (p_dispute.withdrawn_cents + coalesce(sum(entry.amount_cents), 0))::bigint
    from private.ledger_transactions posted
    join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
    join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
    where posted.org_id = p_dispute.org_id
        and posted.source_type = 'dispute'
        and posted.source_id = p_dispute.id
        and posted.kind = 'dispute_lost'
        and account.kind = 'dispute_receivable';
$$;
