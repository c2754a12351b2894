-- Ends an item with its booking: consumes its prepaid minutes but for those restored, and posts what that changes. What a cancellation
-- owes, and how many minutes it restores, was decided before, under the order's lock. An item that counted as given ends anew if it turns
-- out that the instructor did not come. 82_effects calls it.
create function private.end_item(
    p_booking_id uuid,
    p_ending public.order_item_ending,
    p_refund_bps integer,
    p_owed_cents bigint,
    p_restored_minutes integer
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    before public.order_items;
    item public.order_items;
    restored private.credit_part[];
    part private.credit_part;
    postings private.posting[] := '{}';
    worth_cents bigint := 0;
    new_cents bigint;
begin
    select * into before
    from public.order_items
    where booking_id = p_booking_id
        and (ending is null or (ending = 'given' and p_ending = 'fault'))
    for no key update;
    if not found then
        return;
    end if;
    restored := case
        when before.ending is null
            then array(select private.consume_credit(p_booking_id, p_restored_minutes))
        else array(select private.give_back_credit(p_booking_id, p_restored_minutes))
    end;
    foreach part in array restored loop
        postings := postings || private.credit_postings(part, -1);
        worth_cents := worth_cents + private.credit_part_cents(part);
    end loop;
    new_cents := private.restored_price_cents(before, worth_cents);
    postings := postings || row('platform_fees', null, worth_cents - new_cents)::private.posting;

    update public.order_items
    set ending = p_ending,
        refund_bps = coalesce(p_refund_bps, 0),
        owed_cents = coalesce(p_owed_cents, 0),
        restored_cents = restored_cents + new_cents,
        revision = revision + 1
    where org_id = before.org_id
        and id = before.id
    returning * into item;
    perform private.post_item(before, item, 'item_ended', postings);
end;
$$;

-- What restored minutes give back of an item's price: what they are worth to their lots; or, if none of its minutes is used or reserved any
-- more, all that prepaid minutes had paid of it. The cent by which the two can differ is the platform's.
create function private.restored_price_cents(p_item public.order_items, p_worth_cents bigint)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when exists (select from private.used_credit(p_item.booking_id)) then p_worth_cents
        else private.prepaid_cents(p_item) - p_item.restored_cents
    end;
$$;

-- Restores, as minutes, so much of a lesson's price that prepaid minutes paid: a dispute that had taken it was won. Rounded up to whole
-- minutes.
create function private.restore_owed_minutes(p_item_id uuid, p_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    before public.order_items;
    item public.order_items;
    part private.credit_part;
    postings private.posting[] := '{}';
    worth_cents bigint := 0;
    new_cents bigint;
begin
    select * into strict before from public.order_items where id = p_item_id for no key update;
    for part in
        select restored.*
        from private.give_back_credit(before.booking_id, private.minutes_worth(before, p_cents)) restored
    loop
        postings := postings || private.credit_postings(part, -1);
        worth_cents := worth_cents + private.credit_part_cents(part);
    end loop;
    if worth_cents = 0 then
        return;
    end if;
    new_cents := private.restored_price_cents(before, worth_cents);
    postings := postings || row('platform_fees', null, worth_cents - new_cents)::private.posting;

    update public.order_items
    set restored_cents = restored_cents + new_cents,
        revision = revision + 1
    where org_id = before.org_id
        and id = before.id
    returning * into item;
    perform private.post_item(before, item, 'minutes_restored', postings);
end;
$$;

-- How many of the minutes that paid for an item so much of its price is worth, rounded up.
create function private.minutes_worth(p_item public.order_items, p_cents bigint)
    returns integer
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when private.prepaid_cents(p_item) = 0 then prepaid.minutes
        else (greatest(p_cents, 0) * prepaid.minutes + private.prepaid_cents(p_item) - 1) / private.prepaid_cents(p_item)
    end::integer
    from private.booking_credit(p_item.booking_id, 'reserve') prepaid;
$$;

-- Pays a free item: the platform pays the instructor's share. Items with a price are paid by payments or by prepaid minutes. 82_effects
-- calls it when a booking is confirmed.
create function private.pay_free_item(p_booking_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    before public.order_items;
    item public.order_items;
begin
    select * into before
    from public.order_items
    where booking_id = p_booking_id
        and not is_paid
        and total_cents = 0
    for no key update;
    if not found then
        return;
    end if;

    update public.order_items
    set is_paid = true,
        revision = revision + 1
    where org_id = before.org_id
        and id = before.id
    returning * into item;
    perform private.post_item(before, item, 'free_item_paid', '{}');
end;
$$;

-- Posts what a change of an item's row means, where no money of a payment, refund or dispute moved.
create function private.post_item(
    p_before public.order_items,
    p_after public.order_items,
    p_kind text,
    p_postings private.posting[]
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        p_after.org_id, p_kind, 'order_item', p_after.id, format('order_item:%s:%s', p_after.id, p_after.revision),
        p_after.currency, private.clock(), private.item_postings(p_before, p_after) || p_postings
    );
$$;
