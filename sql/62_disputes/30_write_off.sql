-- Brings what the disputes of a payment have cost to what Stripe has withdrawn for the lost ones, posts the difference, and says whether
-- the payment is disputed. So every order of events ends in the same books, and a dispute may be won after it was lost. Called after
-- each event of a dispute, and by 82_effects when the payment succeeds, or minutes that it paid for come back to their lot. The
-- caller holds the order's lock.
create function private.write_off_losses(p_payment_id uuid, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    dispute public.disputes;
begin
    if not exists (select from public.disputes known where known.payment_id = p_payment_id) then
        return;
    end if;

    select * into strict payment from public.payments where id = p_payment_id for no key update;
    if payment.status = 'succeeded' or private.is_set_aside(payment) then
        for dispute in
            select one.*
            from public.disputes one
            where one.org_id = payment.org_id
                and one.payment_id = payment.id
            order by one.opened_at, one.stripe_dispute_id
        loop
            perform private.write_off_dispute(payment, dispute, p_occurred_at);
        end loop;
    end if;

    update public.payments
    set is_disputed = result.is_open,
        lost_cents = least(result.lost_cents, amount_cents - uncaptured_cents - refunded_cents)
    from (
        select
            bool_or(one.status in ('needs_response', 'under_review')) as is_open,
            case when payment.status = 'succeeded' then sum(one.lost_cents) else 0 end::bigint as lost_cents
        from public.disputes one
        where one.org_id = payment.org_id
            and one.payment_id = payment.id
    ) result
    where payments.org_id = payment.org_id
        and payments.id = payment.id
        and (is_disputed, payments.lost_cents)
        <> (result.is_open, least(result.lost_cents, amount_cents - uncaptured_cents - refunded_cents));
end;
$$;

-- Allocates what a lost dispute has cost, releases what it has not cost after all, and posts the difference. What nothing that was sold
-- covers, such as a part of a minute, is the platform's loss. Of money in suspense nothing was sold.
create function private.write_off_dispute(p_payment public.payments, p_dispute public.disputes, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    claim_cents constant bigint := case
        when private.is_dispute_lost(p_dispute.status) then greatest(p_dispute.withdrawn_cents, 0)
        else 0
    end;
    allocated_cents bigint := private.allocated_loss_cents(p_dispute);
    postings private.posting[] := array[
        row('dispute_receivable', null, p_dispute.lost_cents - claim_cents)
    ]::private.posting[];
begin
    if private.is_set_aside(p_payment) then
        postings := postings || row('suspense', null, claim_cents - p_dispute.lost_cents)::private.posting;
    else
        if allocated_cents > claim_cents then
            postings := postings || private.release_loss(p_dispute);
            allocated_cents := 0;
        end if;
        if allocated_cents < claim_cents then
            postings := postings || private.allocate_loss(p_payment, p_dispute, claim_cents - allocated_cents);
        end if;
        postings := postings
            || row('dispute_losses', null, -(select sum(line.amount_cents) from unnest(postings) line))::private.posting;
    end if;

    if exists (
        select
        from unnest(postings) line
        group by line.account_kind, line.owner_id
        having sum(line.amount_cents) <> 0
    ) then
        update public.disputes
        set lost_cents = claim_cents,
            revision = revision + 1
        where org_id = p_dispute.org_id
            and id = p_dispute.id;
        perform private.post_transaction(
            p_dispute.org_id, 'dispute_lost', 'dispute', p_dispute.id,
            format('dispute:%s:lost:%s', p_dispute.id, p_dispute.revision),
            p_dispute.currency, p_occurred_at, postings
        );
    end if;
end;
$$;

-- What a dispute has been allocated of items and of minutes so far.
create function private.allocated_loss_cents(p_dispute public.disputes)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select (
        coalesce(
            (
                select sum(part.amount_cents)
                from private.return_items part
                where part.org_id = p_dispute.org_id
                    and part.dispute_id = p_dispute.id
            ),
            0
        )
        + coalesce(
            (
                select sum(
                    case entry.kind when 'dispute' then 1 else -1 end
                    * (entry.share_cents + entry.fee_cents - entry.discount_cents)
                )
                from public.credit_entries entry
                where entry.org_id = p_dispute.org_id
                    and entry.dispute_id = p_dispute.id
            ),
            0
        )
    )::bigint;
$$;

-- Allocates so much of a lost dispute. Of prepaid hours it takes unused minutes, rounded down; once all are gone, and of a payment for
-- several lessons, it falls on lessons ahead, the latest first, and then on those given, in proportion to what is still paid of
-- each. The only lesson of a payment bears all of it. Returns the postings.
create function private.allocate_loss(p_payment public.payments, p_dispute public.disputes, p_cents bigint)
    returns private.posting[]
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    postings private.posting[] := '{}';
    credit public.learner_credits;
    part private.credit_part;
    rest_cents bigint := p_cents;
    lesson record;
    loss_cents bigint;
    is_only_lesson constant boolean := p_payment.kind = 'booking' and (
        select count(*) = 1
        from public.payment_items paid
        where paid.org_id = p_payment.org_id
            and paid.payment_id = p_payment.id
    );
begin
    if p_payment.kind = 'credits' then
        select lot.* into credit
        from public.payment_items paid
        join public.order_items item on item.org_id = paid.org_id and item.id = paid.item_id
        join public.learner_credits lot on lot.org_id = item.org_id and lot.id = item.credit_id
        where paid.org_id = p_payment.org_id
            and paid.payment_id = p_payment.id
        for no key update of lot;
        part := private.next_minutes_covered(credit, rest_cents);
        if part.minutes > 0 then
            perform private.add_credit_entry(part, 'dispute', p_dispute_id => p_dispute.id);
            postings := private.credit_postings(part, 1);
            rest_cents := rest_cents - private.credit_part_cents(part);
        end if;
        if part.minutes < credit.minutes_left then
            return postings;
        end if;
    end if;

    for lesson in
        select paid.item_id, paid.left_cents
        from private.lessons_of_payment(p_payment) paid
        where paid.is_ahead
        order by paid.start_at desc, paid.item_id
    loop
        loss_cents := case when is_only_lesson then rest_cents else least(rest_cents, lesson.left_cents) end;
        postings := postings || private.lose_of_item(p_dispute, p_payment.id, lesson.item_id, loss_cents);
        rest_cents := rest_cents - loss_cents;
    end loop;

    for lesson in
        select
            paid.item_id,
            private.prorate(least(rest_cents, paid.whole_cents), paid.so_far_cents, paid.whole_cents)
            - private.prorate(least(rest_cents, paid.whole_cents), paid.so_far_cents - paid.left_cents, paid.whole_cents) as cents
        from (
            select
                given.item_id,
                given.left_cents,
                sum(given.left_cents) over (order by given.created_at, given.item_id)::bigint as so_far_cents,
                sum(given.left_cents) over ()::bigint as whole_cents
            from private.lessons_of_payment(p_payment) given
            where not given.is_ahead
                and (is_only_lesson or not given.is_fault)
        ) paid
        order by paid.item_id
    loop
        postings := postings || private.lose_of_item(
            p_dispute, p_payment.id, lesson.item_id, case when is_only_lesson then rest_cents else lesson.cents end
        );
    end loop;
    return postings;
end;
$$;

-- The lessons that a payment pays, by card or by hours, with what is still paid of each.
create function private.lessons_of_payment(p_payment public.payments)
    returns table (
        item_id uuid, left_cents bigint, is_ahead boolean, is_fault boolean, start_at timestamptz, created_at timestamptz
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        item.id, private.unreturned_cents(item), item.ending is null, item.ending = 'fault', booking.start_at, item.created_at
    from private.item_payments paid
    join public.order_items item on item.org_id = paid.org_id and item.id = paid.item_id
    join public.bookings booking on booking.org_id = item.org_id and booking.id = item.booking_id
    where paid.org_id = p_payment.org_id
        and paid.payment_id = p_payment.id
        and item.is_paid;
$$;

-- Lets an item lose a part of its price to a dispute, or win it back where the part is negative; returns the postings.
create function private.lose_of_item(p_dispute public.disputes, p_payment_id uuid, p_item_id uuid, p_cents bigint)
    returns private.posting[]
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    before public.order_items;
    item public.order_items;
begin
    if p_cents = 0 then
        return '{}';
    end if;
    select * into strict before from public.order_items where org_id = p_dispute.org_id and id = p_item_id for no key update;
    insert into private.return_items (org_id, item_id, payment_id, dispute_id, kind, amount_cents)
    values (p_dispute.org_id, p_item_id, p_payment_id, p_dispute.id, 'lost', p_cents);
    update public.order_items
    set lost_cents = lost_cents + p_cents,
        liable_cents = liable_cents + case p_dispute.liability when 'instructor' then p_cents else 0 end,
        last_dispute_id = p_dispute.id
    where org_id = before.org_id
        and id = before.id
    returning * into item;
    return private.item_postings(before, item);
end;
$$;

-- Releases all that a dispute had taken: items have their price again, and minutes are back in their lot. Returns the postings.
create function private.release_loss(p_dispute public.disputes)
    returns private.posting[]
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    postings private.posting[] := '{}';
    lost record;
    credit public.learner_credits;
    part private.credit_part;
begin
    for lost in
        select taken.item_id, taken.payment_id, sum(taken.amount_cents)::bigint as cents
        from private.return_items taken
        where taken.org_id = p_dispute.org_id
            and taken.dispute_id = p_dispute.id
        group by taken.item_id, taken.payment_id
        order by taken.item_id
    loop
        postings := postings || private.lose_of_item(p_dispute, lost.payment_id, lost.item_id, -lost.cents);
    end loop;

    for lost in
        select entry.credit_id, sum(case entry.kind when 'dispute' then entry.minutes else -entry.minutes end)::integer as minutes
        from public.credit_entries entry
        where entry.org_id = p_dispute.org_id
            and entry.dispute_id = p_dispute.id
        group by entry.credit_id
        having sum(case entry.kind when 'dispute' then entry.minutes else -entry.minutes end) > 0
    loop
        select * into strict credit from public.learner_credits where org_id = p_dispute.org_id and id = lost.credit_id for no key update;
        part := private.last_credit_part(credit, lost.minutes);
        perform private.add_credit_entry(part, 'dispute_reversed', p_dispute_id => p_dispute.id);
        postings := postings || private.credit_postings(part, -1);
    end loop;
    return postings;
end;
$$;

-- Recomputes what disputes over the hours that a booking used have cost, after minutes have come back to them. 82_effects calls it.
create function private.write_off_restored_minutes(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.write_off_losses(bought.payment_id, private.clock())
    from (
        select distinct part.payment_id
        from public.credit_entries entry
        join public.order_items item on item.org_id = entry.org_id and item.credit_id = entry.credit_id
        join public.payment_items part on part.org_id = item.org_id and part.item_id = item.id
        where entry.org_id = p_booking.org_id
            and entry.booking_id = p_booking.id
            and entry.kind = 'restore'
    ) bought;
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

-- Freezes a lot while its payment is disputed, so that its minutes are not used meanwhile. 82_effects calls it.
create function private.freeze_credit(p_payment public.payments)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.learner_credits lot
    set status = case when p_payment.is_disputed then 'frozen' else 'active' end::public.credit_status
    from public.order_items item
    where item.org_id = p_payment.org_id
        and item.order_id = p_payment.order_id
        and lot.org_id = item.org_id
        and lot.id = item.credit_id
        and lot.status = case when p_payment.is_disputed then 'active' else 'frozen' end::public.credit_status;
$$;

-- Refunds what is owed of the items that a dispute gave back: somebody else's fault is made whole whenever the money is there.
-- 82_effects calls it.
create function private.refund_won_items(p_dispute public.disputes)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.refund_due(won.item_id, 'The dispute was won.')
    from (
        select distinct part.item_id
        from private.return_items part
        where part.org_id = p_dispute.org_id
            and part.dispute_id = p_dispute.id
    ) won
    order by won.item_id;
$$;
