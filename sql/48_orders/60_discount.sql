-- What of an item's price is refunded, restored, or will be released of an authorization that is not captured yet.
create function private.returned_cents(p_item public.order_items)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_item.refunded_cents + p_item.restored_cents + case when p_item.is_paid then 0 else p_item.owed_cents end;
$$;

-- Whether the payer has all of an item's price back, or will have.
create function private.is_all_back(p_item public.order_items)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_item.kind = 'credits' then coalesce(
            (
                select lot.minutes_refunded = lot.minutes_purchased
                from public.learner_credits lot
                where lot.org_id = p_item.org_id
                    and lot.id = p_item.credit_id
            ),
            false
        )
        when private.makes_whole(p_item.ending) then true
        when p_item.total_cents = 0 then p_item.ending = 'cancelled' and p_item.refund_bps = 10000
        else private.returned_cents(p_item) >= p_item.total_cents
    end;
$$;

-- Of the rewards that helped to pay an item, how many go back: all if somebody else was at fault, else in proportion to what was refunded.
create function private.returned_reward_cents(p_item public.order_items)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when private.makes_whole(p_item.ending) then p_item.discount_cents
        when p_item.total_cents = 0 then private.prorate(p_item.discount_cents, p_item.refund_bps, 10000)
        else private.prorate(p_item.discount_cents, least(private.returned_cents(p_item), p_item.total_cents), p_item.total_cents)
    end;
$$;

-- Brings the discount of an order to what its items have become: released when all of the order is back, and of spent rewards as much
-- returned as was refunded of what they helped to pay. 82_effects calls it when an item has ended, or was refunded.
create function private.return_order_discount(p_order_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.return_discount(
        p_order_id,
        bool_and(private.is_all_back(item)),
        least(
            redemption.discount_cents,
            redemption.discount_cents - least(redemption.discount_cents, sum(item.discount_cents))
            + sum(private.returned_reward_cents(item))
        )::bigint
    )
    from public.code_redemptions redemption
    join public.order_items item on item.org_id = redemption.org_id and item.order_id = redemption.order_id
    where redemption.order_id = p_order_id
    group by redemption.org_id, redemption.id;
end;
$$;
