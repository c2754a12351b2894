-- Allocates so much of a lost dispute. Of prepaid hours it takes unused minutes, rounded down. Once all are gone, and of a payment for
-- several lessons, it falls on lessons ahead, the latest first; then on those given, and last on those that another's fault has ended,
-- in proportion to what is still paid of each. The only lesson of a payment bears all of it. Returns the postings.
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
    only_lesson_id constant uuid := private.only_lesson_id(p_payment);
    are_faults boolean;
    lesson record;
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
    elsif only_lesson_id is not null then
        return private.lose_of_item(p_dispute, only_lesson_id, rest_cents);
    end if;

    for lesson in
        select paid.item_id, paid.left_cents
        from private.lessons_of_payment(p_payment) paid
        where paid.is_ahead
        order by paid.start_at desc, paid.item_id
    loop
        postings := postings || private.lose_of_item(p_dispute, lesson.item_id, least(rest_cents, lesson.left_cents));
        rest_cents := rest_cents - least(rest_cents, lesson.left_cents);
    end loop;

    foreach are_faults in array array[false, true] loop
        for lesson in
            select
                paid.item_id,
                private.prorate(least(rest_cents, paid.whole_cents), paid.so_far_cents, paid.whole_cents)
                - private.prorate(least(rest_cents, paid.whole_cents), paid.so_far_cents - paid.left_cents, paid.whole_cents) as cents
            from (
                select
                    ended.item_id,
                    ended.left_cents,
                    sum(ended.left_cents) over (order by ended.created_at, ended.item_id)::bigint as so_far_cents,
                    sum(ended.left_cents) over ()::bigint as whole_cents
                from private.lessons_of_payment(p_payment) ended
                where not ended.is_ahead
                    and ended.is_fault = are_faults
            ) paid
            order by paid.item_id
        loop
            postings := postings || private.lose_of_item(p_dispute, lesson.item_id, lesson.cents);
            rest_cents := rest_cents - lesson.cents;
        end loop;
    end loop;
    return postings;
end;
$$;

-- The lesson of a payment that pays for it alone, else null.
create function private.only_lesson_id(p_payment public.payments)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select (array_agg(paid.item_id))[1]
    from public.payment_items paid
    join public.order_items item on item.org_id = paid.org_id and item.id = paid.item_id
    where paid.org_id = p_payment.org_id
        and paid.payment_id = p_payment.id
    having count(*) = 1
        and bool_and(item.is_paid);
$$;

-- The lessons that a payment pays, by card or by hours, with what is left of what it paid of each.
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
        item.id, least(private.unreturned_cents(item), paid.paid_cents - returned.cents),
        item.ending is null, private.makes_whole(item.ending), booking.start_at, item.created_at
    from private.item_payments paid
    join public.order_items item on item.org_id = paid.org_id and item.id = paid.item_id
    join public.bookings booking on booking.org_id = item.org_id and booking.id = item.booking_id
    cross join lateral (
        select coalesce(sum(part.amount_cents), 0)::bigint as cents
        from private.return_items part
        left join public.refunds refund on refund.org_id = part.org_id and refund.id = part.refund_id
        where part.org_id = paid.org_id
            and part.item_id = paid.item_id
            and part.payment_id = paid.payment_id
            and part.kind <> 'excess'
            and (part.refund_id is null or refund.status = 'succeeded')
    ) returned
    where paid.org_id = p_payment.org_id
        and paid.payment_id = p_payment.id
        and item.is_paid
        and paid.paid_cents > returned.cents;
$$;

-- Lets an item lose a part of its price to a dispute, or win it back where the part is negative; returns the postings. Of a lesson that was
-- paid outside, a card has paid nothing but what is due back.
create function private.lose_of_item(p_dispute public.disputes, p_item_id uuid, p_cents bigint)
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
    values (p_dispute.org_id, p_item_id, p_dispute.payment_id, p_dispute.id, 'lost', p_cents);
    update public.order_items
    set lost_cents = lost_cents + case when is_paid_outside then 0 else p_cents end,
        liable_cents = liable_cents + case when not is_paid_outside and p_dispute.liability = 'instructor' then p_cents else 0 end,
        excess_cents = excess_cents - case when is_paid_outside then p_cents else 0 end,
        last_dispute_id = p_dispute.id
    where org_id = before.org_id
        and id = before.id
    returning * into item;
    return private.item_postings(before, item);
end;
$$;

-- Releases all that a dispute had taken: items have their price again, and minutes are back in their lot. Returns the postings.
create function private.release_loss(p_payment public.payments, p_dispute public.disputes)
    returns private.posting[]
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    postings private.posting[] := '{}';
    lost record;
begin
    for lost in
        select taken.item_id, sum(taken.amount_cents)::bigint as cents
        from private.return_items taken
        where taken.org_id = p_dispute.org_id
            and taken.dispute_id = p_dispute.id
        group by taken.item_id
        order by taken.item_id
    loop
        postings := postings || private.lose_of_item(p_dispute, lost.item_id, -lost.cents);
    end loop;

    return postings || private.restore_lost_minutes(p_payment, p_dispute.id);
end;
$$;
