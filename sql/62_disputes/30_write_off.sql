-- Recomputes what the disputes of a payment have cost, from their balance transactions and from what was refunded, and posts the
-- difference to what is posted. So every order of events ends in the same books, and a dispute may be won after it was lost. Called
-- after each event of a dispute, and by 82_effects when a payment succeeds, or a refund of it succeeds or fails.
create function private.write_off_losses(p_payment_id uuid, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    loss private.dispute_loss;
begin
    if not exists (select from public.disputes dispute where dispute.payment_id = p_payment_id) then
        return;
    end if;

    payment := private.count_losses(p_payment_id);
    for loss in
        select part.* from private.losses_of_payment(payment) part
    loop
        update public.disputes
        set lost_cents = loss.loss_cents,
            lost_share_cents = loss.share_cents
        where org_id = payment.org_id
            and id = loss.dispute_id
            and (lost_cents, lost_share_cents) <> (loss.loss_cents, loss.share_cents);
        perform private.post_loss(loss, private.loss_postings(payment, loss), p_occurred_at);
    end loop;
end;
$$;

-- Brings the lost minutes of a credit lot and the lost amounts of a payment to what its disputes have cost; returns the payment,
-- locked. The disputes and the ledger are not changed yet. 82_effects calls it before a refund is netted.
create function private.count_losses(p_payment_id uuid)
    returns public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    lost record;
begin
    select * into strict payment from public.payments where id = p_payment_id for no key update;
    if not exists (select from public.disputes dispute where dispute.payment_id = p_payment_id) then
        return payment;
    end if;
    if payment.kind = 'credits' and payment.is_accepted then
        perform private.take_lost_minutes(payment);
    end if;

    select
        least(
            coalesce(sum(loss.loss_cents), 0),
            payment.amount_cents - payment.uncaptured_cents - payment.refunded_cents
        ) as cents,
        coalesce(sum(loss.absorbed_cents), 0) as absorbed_cents
    into lost
    from private.losses_of_payment(payment) loss;

    update public.payments
    set lost_cents = lost.cents,
        absorbed_share_cents = lost.absorbed_cents
    where org_id = payment.org_id
        and id = payment.id
        and (lost_cents, absorbed_share_cents) <> (lost.cents, lost.absorbed_cents)
    returning * into payment;
    if not found then
        select * into strict payment from public.payments where id = p_payment_id;
    end if;
    return payment;
end;
$$;

-- What each dispute of a payment has cost, in the order in which they were opened. A lost dispute costs what Stripe has withdrawn, also
-- while it is appealed; every other one nothing. What two disputes have cost together is divided cumulatively. If the platform
-- bears liability, it pays the share that the instructor keeps, which of a cancelled lesson may be a part only.
create function private.losses_of_payment(p_payment public.payments)
    returns setof private.dispute_loss
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    dispute public.disputes;
    loss private.dispute_loss;
    claimed_cents bigint := 0;
    absorbable_cents bigint := (select booking.kept_share_cents from public.bookings booking where booking.id = p_payment.booking_id);
begin
    for dispute in
        select one.*
        from public.disputes one
        where one.org_id = p_payment.org_id
            and one.payment_id = p_payment.id
        order by one.opened_at, one.stripe_dispute_id
    loop
        loss.dispute_id := dispute.id;
        loss.claim_cents := case when private.is_dispute_lost(dispute.status) then dispute.withdrawn_cents else 0 end;
        select
            after.share_cents + after.fee_cents - after.discount_cents
            - (before.share_cents + before.fee_cents - before.discount_cents),
            after.share_cents - before.share_cents,
            after.fee_cents - before.fee_cents,
            after.discount_cents - before.discount_cents
        into loss.loss_cents, loss.share_cents, loss.fee_cents, loss.discount_cents
        from private.split_loss(p_payment, claimed_cents) before
        cross join private.split_loss(p_payment, claimed_cents + greatest(loss.claim_cents, 0)) after;
        claimed_cents := claimed_cents + greatest(loss.claim_cents, 0);

        loss.absorbed_cents := case
            when dispute.liability = 'platform' and p_payment.kind = 'booking' and p_payment.is_accepted
                then least(loss.share_cents, absorbable_cents)
            else 0
        end;
        absorbable_cents := absorbable_cents - loss.absorbed_cents;
        return next loss;
    end loop;
end;
$$;

-- Splits the first p_cents that disputes have cost into the instructor's share, the platform's fee and the discount: of what was not
-- refunded, or for prepaid minutes of what the lost minutes were worth. The platform bears what is beyond. Of money that matches
-- no payment nothing can be split: all of it is in suspense.
create function private.split_loss(
    p_payment public.payments,
    p_cents bigint,
    out share_cents bigint,
    out fee_cents bigint,
    out discount_cents bigint
)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    returned_cents constant bigint := private.returned_cents(p_payment);
    lost_cents constant bigint := least(p_cents, p_payment.amount_cents - returned_cents);
    worth private.credit_part;
    worth_cents bigint;
begin
    if private.is_set_aside(p_payment) then
        share_cents := 0;
        fee_cents := 0;
        discount_cents := 0;
    elsif p_payment.kind = 'credits' and p_payment.is_accepted then
        worth := private.lost_minutes(p_payment.credit_id);
        worth_cents := worth.share_cents + worth.fee_cents - worth.discount_cents;
        share_cents := private.prorate(worth.share_cents, least(p_cents, worth_cents), worth_cents);
        discount_cents := private.prorate(worth.discount_cents, least(p_cents, worth_cents), worth_cents);
        fee_cents := least(p_cents, worth_cents) - share_cents + discount_cents;
    else
        select
            after.share_cents - before.share_cents,
            after.fee_cents - before.fee_cents,
            after.discount_cents - before.discount_cents
        into share_cents, fee_cents, discount_cents
        from private.split_refund(p_payment, returned_cents) before
        cross join private.split_refund(p_payment, returned_cents + lost_cents) after;
    end if;
end;
$$;

-- The ledger lines of what a dispute has cost; they are all zero if it cost nothing.
create function private.loss_postings(p_payment public.payments, p_loss private.dispute_loss)
    returns private.posting[]
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when private.is_set_aside(p_payment) then array[
            row('dispute_receivable', null, -p_loss.claim_cents),
            row('suspense', null, p_loss.claim_cents)
        ]::private.posting[]
        when p_payment.kind = 'credits' then array[
            row('dispute_receivable', null, -p_loss.claim_cents),
            row('learner_prepaid', null, p_loss.share_cents),
            row('deferred_fees', null, p_loss.fee_cents),
            row('deferred_promotions', null, -p_loss.discount_cents),
            row('dispute_losses', null, p_loss.claim_cents - p_loss.loss_cents)
        ]::private.posting[]
        else array[
            row('dispute_receivable', null, -p_loss.claim_cents),
            row('platform_fees', null, p_loss.fee_cents),
            row('promotions', null, -p_loss.discount_cents),
            row('instructor_pending', p_payment.instructor_id, p_loss.share_cents - p_loss.absorbed_cents),
            row('dispute_losses', null, p_loss.absorbed_cents + p_loss.claim_cents - p_loss.loss_cents)
        ]::private.posting[]
    end;
$$;

-- Posts the difference between what a dispute has cost and what was posted of it before; does nothing if there is none.
create function private.post_loss(p_loss private.dispute_loss, p_postings private.posting[], p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    dispute public.disputes;
    difference private.posting[];
begin
    select * into strict dispute from public.disputes where id = p_loss.dispute_id;
    select array_agg(row(changed.account_kind, changed.owner_id, changed.cents)::private.posting)
    into difference
    from (
        select line.account_kind, line.owner_id, sum(line.amount_cents)::bigint as cents
        from (
            select wanted.account_kind, wanted.owner_id, wanted.amount_cents
            from unnest(p_postings) wanted
            union all
            select account.kind, account.owner_id, -entry.amount_cents
            from private.ledger_transactions posted
            join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
            join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
            where posted.org_id = dispute.org_id
                and posted.source_type = 'dispute'
                and posted.source_id = dispute.id
                and posted.kind = 'dispute_lost'
        ) line
        group by line.account_kind, line.owner_id
        having sum(line.amount_cents) <> 0
    ) changed;
    if difference is null then
        return;
    end if;

    update public.disputes
    set revision = revision + 1
    where org_id = dispute.org_id
        and id = dispute.id;
    perform private.post_transaction(
        dispute.org_id, 'dispute_lost', 'dispute', dispute.id, format('dispute:%s:lost:%s', dispute.id, dispute.revision),
        dispute.currency, p_occurred_at, difference
    );
end;
$$;

-- Whether a dispute was lost: also while that is appealed.
create function private.is_dispute_lost(p_status public.dispute_status)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_status in ('lost', 'appeal_needs_response', 'appeal_under_review');
$$;
