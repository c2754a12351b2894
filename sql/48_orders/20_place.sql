-- Opens an order of a learner with an instructor. What is ordered is added as items, by add_booking_item (50) and add_credit_item.
create function private.place_order(
    p_org_id uuid,
    p_learner_id uuid,
    p_instructor_id uuid,
    p_currency text,
    p_is_all_or_nothing boolean default false
)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    order_id uuid;
begin
    insert into public.orders (org_id, learner_id, instructor_id, currency, is_all_or_nothing, withdrawal_mode, placed_by)
    select p_org_id, p_learner_id, p_instructor_id, p_currency, p_is_all_or_nothing, organization.withdrawal_mode, private.my_user_id()
    from public.organizations organization
    where organization.id = p_org_id
    returning id into order_id;
    return order_id;
end;
$$;

-- The orders of the hours that pay for these orders' lessons, and the orders whose lessons are paid by the hours of these.
create function private.orders_tied_by_hours(p_order_ids uuid[])
    returns uuid[]
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return array(
        select sold.order_id
        from public.order_items lesson
        join public.credit_entries entry on entry.org_id = lesson.org_id and entry.booking_id = lesson.booking_id
        join public.order_items sold on sold.org_id = entry.org_id and sold.credit_id = entry.credit_id
        where lesson.order_id = any (p_order_ids)
        union
        select lesson.order_id
        from public.order_items sold
        join public.credit_entries entry on entry.org_id = sold.org_id and entry.credit_id = sold.credit_id
        join public.order_items lesson on lesson.org_id = entry.org_id and lesson.booking_id = entry.booking_id
        where sold.order_id = any (p_order_ids)
    );
end;
$$;

-- Locks orders in the order of their ids, with the orders of the hours that pay for them or that they sold: whoever moves their money
-- calls it first. Orders that are being placed are nobody else's yet and need no lock.
create function private.lock_orders(p_order_ids uuid[])
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    -- Worked out before the query, which would be planned with a look at the answer, and then ask again.
    order_ids constant uuid[] := p_order_ids || private.orders_tied_by_hours(p_order_ids);
begin
    perform ordered.id
    from public.orders ordered
    where ordered.id = any (order_ids)
    order by ordered.id
    for no key update;
end;
$$;

-- The order of an item, for its lock.
create function private.order_of_booking(p_booking_id uuid)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select item.order_id from public.order_items item where item.booking_id = p_booking_id
    );
end;
$$;
