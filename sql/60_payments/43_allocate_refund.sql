-- Allocates a refund that was made in Stripe's Dashboard or recorded by an admin: to the lesson that its metadata name as booking_id;
-- else first to what is due of its payment's items, then to minutes of a lot that nobody has used, then to lessons in proportion to
-- what is still paid of each. What is left, such as a part of a minute, is set aside. Returns the postings of minutes and of what is
-- set aside; the lessons' parts are written as return_items. A refund that names its items is left alone.
create function private.allocate_refund(p_payment public.payments, p_refund public.refunds)
    returns private.posting[]
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    named_id constant uuid := private.uuid_or_null(p_refund.metadata ->> 'booking_id');
    left_cents bigint := p_refund.amount_cents;
    postings private.posting[] := '{}';
    part private.credit_part;
begin
    if private.is_refund_of_minutes(p_refund) or exists (
        select
        from private.return_items named
        where named.org_id = p_refund.org_id
            and named.refund_id = p_refund.id
    ) then
        return postings;
    end if;

    left_cents := left_cents - case
        when named_id is null then 0
        else private.allocate_in_proportion(p_payment, p_refund, left_cents, named_id)
    end;
    left_cents := left_cents - private.allocate_to_due(p_payment, p_refund, left_cents);
    if p_payment.kind = 'credits' then
        postings := private.restore_lost_minutes(p_payment);
        part := private.refund_whole_minutes(p_payment, p_refund, left_cents);
        postings := postings || private.credit_postings(part, 1);
        left_cents := left_cents - private.credit_part_cents(part);
    end if;
    left_cents := left_cents - private.allocate_in_proportion(p_payment, p_refund, left_cents, null);

    if left_cents > 0 then
        update public.refunds set unmatched_cents = left_cents where org_id = p_refund.org_id and id = p_refund.id;
        insert into private.suspense_items (org_id, refund_id, currency, amount_cents)
        values (p_refund.org_id, p_refund.id, p_refund.currency, -left_cents);
        postings := postings || row('suspense', null, left_cents)::private.posting;
    end if;
    return postings;
end;
$$;

-- Puts the minutes that lost disputes, or one of them, have taken back into a payment's lot, and returns the postings, against what was
-- lost. A dispute costs only what no refund has paid back: a refund calls this first, and 82_effects has 62_disputes take them
-- again, so that the order in which the two are told does not matter.
create function private.restore_lost_minutes(p_payment public.payments, p_dispute_id uuid default null)
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
        select
            entry.credit_id, entry.dispute_id,
            sum(case entry.kind when 'dispute' then entry.minutes else -entry.minutes end)::integer as minutes
        from public.payment_items paid
        join public.order_items item on item.org_id = paid.org_id and item.id = paid.item_id
        join public.credit_entries entry on entry.org_id = item.org_id and entry.credit_id = item.credit_id
        where paid.org_id = p_payment.org_id
            and paid.payment_id = p_payment.id
            and entry.dispute_id = coalesce(p_dispute_id, entry.dispute_id)
        group by entry.credit_id, entry.dispute_id
        having sum(case entry.kind when 'dispute' then entry.minutes else -entry.minutes end) > 0
        order by entry.dispute_id
    loop
        select * into strict credit from public.learner_credits where org_id = p_payment.org_id and id = lost.credit_id for no key update;
        part := private.last_credit_part(credit, lost.minutes);
        perform private.add_credit_entry(part, 'dispute_reversed', p_dispute_id => lost.dispute_id);
        postings := postings
            || private.credit_postings(part, -1)
            || row('dispute_losses', null, private.credit_part_cents(part))::private.posting;
    end loop;
    return postings;
end;
$$;

-- Allocates to what is due: what was received beyond the price, then what endings owe. Returns how much that takes.
create function private.allocate_to_due(p_payment public.payments, p_refund public.refunds, p_cents bigint)
    returns bigint
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item public.order_items;
    taken_cents bigint := 0;
    rest_cents bigint;
    excess_cents bigint;
    owed_cents bigint;
begin
    for item in
        select paid.*
        from public.payment_items part
        join public.order_items paid on paid.org_id = part.org_id and paid.id = part.item_id
        where part.org_id = p_payment.org_id
            and part.payment_id = p_payment.id
        order by paid.id
    loop
        rest_cents := least(private.unrefunded_part_cents(p_payment, item.id), p_cents - taken_cents);
        excess_cents := least(greatest(item.excess_cents, 0), rest_cents);
        owed_cents := least(private.owed_cents(item), rest_cents - excess_cents);
        taken_cents := taken_cents + excess_cents + owed_cents;
        insert into private.return_items (org_id, item_id, payment_id, refund_id, kind, amount_cents)
        select item.org_id, item.id, p_payment.id, p_refund.id, due.kind, due.cents
        from (values ('excess'::private.return_kind, excess_cents), ('owed', owed_cents)) due (kind, cents)
        where due.cents > 0;
    end loop;
    return taken_cents;
end;
$$;

-- What is left of what a payment paid of an item, after the refunds that succeeded.
create function private.unrefunded_part_cents(p_payment public.payments, p_item_id uuid)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select greatest(part.amount_cents - p_payment.uncaptured_cents - coalesce(sum(returned.amount_cents), 0), 0)::bigint
    from public.payment_items part
    left join (
        private.return_items returned
        join public.refunds refund
            on refund.org_id = returned.org_id
            and refund.id = returned.refund_id
            and refund.status = 'succeeded'
    )
        on returned.org_id = part.org_id
        and returned.item_id = part.item_id
        and returned.payment_id = part.payment_id
    where part.org_id = p_payment.org_id
        and part.payment_id = p_payment.id
        and part.item_id = p_item_id
    group by part.amount_cents;
$$;

-- The item of a booking, also of one that was rescheduled after a payment was opened for it.
create function private.items_of_booking(p_booking_id uuid)
    returns setof uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select item.id from public.order_items item where item.booking_id = p_booking_id
    union
    select part.item_id from public.payment_items part where part.booking_id = p_booking_id;
$$;

-- Takes from a lot as many whole minutes as are left and as the amount covers. What a part of a minute is worth stays.
create function private.refund_whole_minutes(p_payment public.payments, p_refund public.refunds, p_cents bigint)
    returns private.credit_part
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
    part private.credit_part;
begin
    select lot.* into credit
    from public.payment_items paid
    join public.order_items item on item.org_id = paid.org_id and item.id = paid.item_id
    join public.learner_credits lot on lot.org_id = item.org_id and lot.id = item.credit_id
    where paid.org_id = p_payment.org_id
        and paid.payment_id = p_payment.id
        and lot.status in ('active', 'frozen')
    for no key update of lot;
    if not found then
        return row(null, 0, 0, 0, 0)::private.credit_part;
    end if;
    part := private.next_minutes_covered(credit, p_cents);
    if part.minutes > 0 then
        perform private.add_credit_entry(part, 'refund', p_refund_id => p_refund.id);
    end if;
    return part;
end;
$$;

-- The next minutes of a lot that an amount covers, as far as they are left. Rounded down: parts are rounded, so that a minute more or less
-- can be worth a cent too much.
create function private.next_minutes_covered(p_credit public.learner_credits, p_cents bigint)
    returns private.credit_part
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    covered integer := least(p_credit.minutes_left, greatest(p_cents, 0) * p_credit.minutes_purchased / p_credit.total_cents);
begin
    while private.credit_part_cents(private.next_credit_part(p_credit, covered)) > p_cents loop
        covered := covered - 1;
    end loop;
    return private.next_credit_part(p_credit, covered);
end;
$$;

-- Allocates to the lessons that the payment pays, by card or by hours, in proportion to what is left of each; or to the one that is named.
-- Returns how much that takes.
create function private.allocate_in_proportion(
    p_payment public.payments,
    p_refund public.refunds,
    p_cents bigint,
    p_booking_id uuid
)
    returns bigint
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    whole_cents bigint;
    taken_cents bigint;
begin
    select coalesce(sum(lesson.left_cents), 0) into whole_cents from private.refundable_lessons(p_payment, p_refund.id) lesson
    where p_booking_id is null or lesson.item_id in (select private.items_of_booking(p_booking_id));
    taken_cents := least(greatest(p_cents, 0), whole_cents);
    insert into private.return_items (org_id, item_id, payment_id, refund_id, kind, amount_cents)
    select p_payment.org_id, spread.item_id, p_payment.id, p_refund.id, 'granted', spread.cents
    from (
        select
            lesson.item_id,
            private.prorate(taken_cents, lesson.left_so_far_cents, whole_cents)
            - private.prorate(taken_cents, lesson.left_so_far_cents - lesson.left_cents, whole_cents) as cents
        from (
            select
                paid.item_id,
                paid.left_cents,
                sum(paid.left_cents) over (order by paid.item_id)::bigint as left_so_far_cents
            from private.refundable_lessons(p_payment, p_refund.id) paid
            where p_booking_id is null or paid.item_id in (select private.items_of_booking(p_booking_id))
        ) lesson
    ) spread
    where spread.cents > 0;
    return taken_cents;
end;
$$;

-- The lessons that a payment pays, with what is left of what it paid of each after the refunds that succeeded and this one. Of those paid
-- by hours only lessons that are over: minutes that are reserved belong to the lesson ahead.
create function private.refundable_lessons(p_payment public.payments, p_refund_id uuid)
    returns table (item_id uuid, left_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select item.id, rest.cents
    from private.item_payments paid
    join public.order_items item on item.org_id = paid.org_id and item.id = paid.item_id
    cross join lateral (
        select
            coalesce(sum(part.amount_cents) filter (where part.payment_id = paid.payment_id), 0) as of_payment_cents,
            coalesce(sum(part.amount_cents) filter (where part.refund_id = p_refund_id and part.kind <> 'excess'), 0) as of_refund_cents
        from private.return_items part
        join public.refunds refund on refund.org_id = part.org_id and refund.id = part.refund_id
        where part.org_id = paid.org_id
            and part.item_id = paid.item_id
            and (refund.id = p_refund_id or refund.status = 'succeeded')
    ) returned
    cross join lateral (
        select least(
            paid.paid_cents - returned.of_payment_cents,
            item.total_cents - item.refunded_cents - item.restored_cents - returned.of_refund_cents
        )::bigint as cents
    ) rest
    where paid.org_id = p_payment.org_id
        and paid.payment_id = p_payment.id
        and item.is_paid
        and (item.ending is not null or not paid.is_by_hours)
        and rest.cents > 0
    order by item.id;
end;
$$;

-- Takes minutes that came back to a lot for refunds that had been set aside, because its minutes were in another refund when they were
-- made. undo_refund's caller has posted that one.
create function private.match_refunds(p_payment public.payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
    part private.credit_part;
begin
    for refund in
        select made.*
        from public.refunds made
        where made.org_id = p_payment.org_id
            and made.payment_id = p_payment.id
            and p_payment.kind = 'credits'
            and p_payment.status = 'succeeded'
            and made.status = 'succeeded'
            and made.unmatched_cents > 0
        order by made.id
    loop
        part := private.refund_whole_minutes(p_payment, refund, refund.unmatched_cents);
        continue when part.minutes = 0;
        update public.refunds
        set unmatched_cents = unmatched_cents - private.credit_part_cents(part)
        where org_id = refund.org_id
            and id = refund.id
        returning * into refund;
        perform private.post_transaction(
            refund.org_id, 'refund_matched', 'refund', refund.id, format('refund:%s:matched:%s', refund.id, refund.unmatched_cents),
            refund.currency, p_occurred_at,
            private.credit_postings(part, 1) || row('suspense', null, -private.credit_part_cents(part))::private.posting
        );
    end loop;
end;
$$;
