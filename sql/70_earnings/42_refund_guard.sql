-- Lets a school grant a refund only as far as those who were paid for the lesson still have the money: what the payee has earned and not
-- been paid out, and of a reward for it what is not spent. Beyond that the refund would be at the platform's cost, whose admins decide
-- about it. Refunds that are on their way count; the organization is locked, so that those granted at once are looked at one by one.
-- Definer: the writer needs no access to earnings, rewards and the ledger.
create function private.keep_refund_within_balance()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if private.my_user_id() is null or private.is_platform_admin() then
        return new;
    end if;
    perform from public.organizations where id = new.org_id for no key update;
    if exists (
        select
        from private.refund_burdens(new.org_id, new.id) burden
        where burden.is_concerned
            and burden.cents > (
                select coalesce(sum(unpaid.amount_cents), 0)
                from public.earnings unpaid
                where unpaid.org_id = new.org_id
                    and unpaid.payee_id = burden.payee_id
                    and unpaid.currency = burden.currency
                    and unpaid.payout_id is null
            )
    ) or exists (
        select
        from private.granted_refunds(new.org_id, new.id) granted
        join public.order_items item on item.org_id = new.org_id and item.id = granted.item_id
        join public.referral_rewards reward on reward.org_id = item.org_id and reward.item_id = item.id
        group by reward.referrer_id, reward.currency
        having bool_or(granted.is_concerned)
            and sum(private.prorate(reward.amount_cents, granted.cents, item.total_cents))
            > private.available_reward_cents(reward.referrer_id, reward.currency)
    ) then
        perform private.refuse(
            'PT409', 'refund_exceeds_balance',
            'This lesson was paid out, or its reward spent, and what is left does not cover the refund.',
            'Ask the platform''s support, whose admins can grant it.'
        );
    end if;
    return new;
end;
$$;

create trigger keep_refund_within_balance
    before update of status on public.refunds
    for each row
    when (old.status = 'requested' and new.status = 'pending')
    execute function private.keep_refund_within_balance();

-- The lessons whose refunds are on their way, or are just being granted, and how much of each. What a cancellation or a fault owes is no
-- part of what was earned.
create function private.granted_refunds(p_org_id uuid, p_refund_id uuid)
    returns table (item_id uuid, cents bigint, is_concerned boolean)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select part.item_id, sum(part.amount_cents)::bigint, bool_or(refund.id = p_refund_id)
    from public.refunds refund
    join private.return_items part on part.org_id = refund.org_id and part.refund_id = refund.id and part.kind = 'granted'
    where refund.org_id = p_org_id
        and (refund.status in ('pending', 'requires_action') or refund.id = p_refund_id)
    group by part.item_id;
$$;

-- What refunds that are on their way, or are just being granted, take from each payee of an organization: at most what each lesson earned.
create function private.refund_burdens(p_org_id uuid, p_refund_id uuid)
    returns table (payee_id uuid, currency text, cents bigint, is_concerned boolean)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        earned.payee_id, earned.currency, sum(least(granted.cents, earned.cents))::bigint,
        bool_or(granted.is_concerned)
    from private.granted_refunds(p_org_id, p_refund_id) granted
    cross join lateral (
        select earning.payee_id, earning.currency, sum(earning.amount_cents)::bigint as cents
        from public.earnings earning
        where earning.org_id = p_org_id
            and earning.item_id = granted.item_id
        group by earning.payee_id, earning.currency
    ) earned
    group by earned.payee_id, earned.currency;
$$;
