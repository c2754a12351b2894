-- Requests a refund of a lesson for the learner, or a guardian who may pay; an admin decides. The amount is spread over the payments of
-- the lesson, the latest first: each has a refund of its own, and the id of the first stands for the request. A lesson that was
-- paid with prepaid hours is refunded in money, from the payment for the hours. The same key and amount again are the same request.
-- Definer: refunds are written only through functions.
create function private.request_refund(p_booking_id uuid, p_amount_cents bigint, p_reason text, p_client_key text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    item public.order_items;
    broken_rule text;
    missing_column text;
begin
    perform private.lock_orders(array[private.order_of_booking(p_booking_id)]);
    select paid.* into item
    from public.order_items paid
    where paid.booking_id = p_booking_id
        and paid.is_paid
        and paid.total_cents > 0
        and (
            paid.learner_id = any (private.my_learner_ids())
            or paid.learner_id = any (private.ward_ids(person, 'pay'))
        );
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'You have no such paid booking.',
            'Check the booking''s id. Unused hours are refunded by refund_credits.'
        );
    end if;
    return private.spread_refund(item, p_amount_cents, p_reason, p_client_key, 'requested');
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
    when unique_violation then
        perform private.refuse_reused_refund_key();
        return null;
end;
$$;

-- Refuses a client key that another refund of the same payment has.
create function private.refuse_reused_refund_key()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'client_key_reused',
        'This p_client_key was already used for another refund.',
        'Send a new p_client_key for another refund.'
    );
end;
$$;

-- Spreads a refund of an item over its payments, the latest first, and returns the first refund's id; with the same key again, that of
-- the refund that was made before. The caller holds the order's lock.
create function private.spread_refund(
    p_item public.order_items,
    p_amount_cents bigint,
    p_reason text,
    p_client_key text,
    p_status public.refund_status
)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    source record;
    payment public.payments;
    rest_cents bigint := p_amount_cents;
    first_id uuid := private.find_item_refund(p_item, p_client_key, p_amount_cents);
    new_id uuid;
begin
    if first_id is not null then
        return first_id;
    end if;
    if p_status = 'requested' then
        perform private.assert_may_request_refund(p_item);
    end if;
    perform private.assert_item_is_refundable(p_item, p_amount_cents);
    for source in
        select paid.payment_id, paid.left_cents from private.refund_sources(p_item) paid where paid.left_cents > 0
    loop
        exit when rest_cents = 0;
        select * into strict payment from public.payments where id = source.payment_id for no key update;
        new_id := private.create_refund(
            payment, p_item.id, least(rest_cents, source.left_cents), private.refund_kind(p_item), 0,
            p_reason, p_client_key, first_id, p_status
        );
        first_id := coalesce(first_id, new_id);
        rest_cents := rest_cents - least(rest_cents, source.left_cents);
    end loop;
    return first_id;
end;
$$;

-- The payments from which an item can be refunded, the latest first, with how much each can: those that pay it, or that paid for the
-- hours it used.
create function private.refund_sources(p_item public.order_items)
    returns table (payment_id uuid, left_cents bigint, is_disputed boolean)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        payment.id,
        greatest(
            least(source.paid_cents - private.returned_part_cents(p_item.id, payment.id), private.refundable_cents(payment)), 0
        ),
        payment.is_disputed
    from private.item_payments source
    join public.payments payment on payment.org_id = source.org_id and payment.id = source.payment_id
    where source.org_id = p_item.org_id
        and source.item_id = p_item.id
        and payment.status = 'succeeded'
    order by payment.created_at desc, payment.id desc;
$$;

-- Refuses a sixth request for one lesson, whatever became of the others, so that nobody fills the list of the school's admins.
create function private.assert_may_request_refund(p_item public.order_items)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    max_requests constant integer := 5;
begin
    if (
        select count(distinct coalesce(refund.request_id, refund.id))
        from private.return_items part
        join public.refunds refund on refund.org_id = part.org_id and refund.id = part.refund_id
        where part.org_id = p_item.org_id
            and part.item_id = p_item.id
            and refund.requested_by is not null
    ) >= max_requests then
        perform private.refuse(
            'PT429', 'too_many_refund_requests',
            format('A refund of this booking was requested %s times.', max_requests),
            'Ask the school, or the platform''s support, about the earlier requests.'
        );
    end if;
end;
$$;

-- Whether a refund by an admin pays what the item's ending owes: of a fault always, of a cancellation if the refund for it has failed.
create function private.refund_kind(p_item public.order_items)
    returns private.return_kind
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when private.owed_cents(p_item) > private.waiting_refund_cents(p_item.id, private.makes_whole(p_item.ending)) then 'owed'
        else 'granted'
    end::private.return_kind;
$$;

-- Refuses to refund of an item what is disputed, or more than can be.
create function private.assert_item_is_refundable(p_item public.order_items, p_amount_cents bigint)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refundable record;
begin
    if p_item.is_paid_outside then
        perform private.refuse(
            'PT409', 'paid_outside',
            'This lesson was paid to the instructor or the school, not through us.',
            'Ask them for the money.'
        );
    end if;
    if coalesce(p_amount_cents, 0) < 1 then
        perform private.refuse(
            'PT422', 'bad_amount',
            'The smallest refund is 1, in the minor unit.',
            'Send a positive whole number.'
        );
    end if;
    select coalesce(sum(source.left_cents), 0)::bigint as cents, bool_or(source.is_disputed) as is_disputed
    into refundable
    from private.refund_sources(p_item) source;
    if refundable.is_disputed and refundable.cents < p_amount_cents then
        perform private.refuse(
            'PT409', 'payment_disputed',
            'The payer''s bank disputes this payment, so it cannot be refunded now.',
            'Wait until the dispute has ended.'
        );
    end if;
    if p_amount_cents > refundable.cents then
        perform private.refuse(
            'PT409', 'refund_exceeds_payment',
            format('At most %s (minor units) of this payment can be refunded.', refundable.cents),
            'Send a smaller amount.'
        );
    end if;
end;
$$;

-- Returns the id of the refund of an item that an earlier request with the same key made, or null.
create function private.find_item_refund(p_item public.order_items, p_client_key text, p_amount_cents bigint)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    request record;
begin
    select coalesce(refund.request_id, refund.id) as id, sum(refund.amount_cents) as amount_cents
    into request
    from public.refunds refund
    join private.return_items part on part.org_id = refund.org_id and part.refund_id = refund.id
    where part.org_id = p_item.org_id
        and part.item_id = p_item.id
        and refund.client_key = p_client_key
    group by coalesce(refund.request_id, refund.id);
    if found and request.amount_cents is distinct from p_amount_cents then
        perform private.refuse(
            'PT409', 'client_key_reused',
            'This p_client_key was already used with another amount.',
            'Send a new p_client_key for another refund.'
        );
    end if;
    return request.id;
end;
$$;
