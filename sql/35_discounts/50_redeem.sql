-- Redeems or releases the discount reserved for an order, if there is one. Payments (60) call it when a payment succeeds or can no
-- longer succeed. Redeemed rewards leave the learner's account and lower the cost of promotions: it was recorded when they were
-- granted, and the discount is recorded as a cost of its own.
create function private.finish_redemption(p_order_id uuid, p_status public.redemption_status)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    redemption public.code_redemptions;
begin
    update public.code_redemptions
    set status = p_status,
        redeemed_at = case p_status when 'redeemed' then private.clock() end
    where order_id = p_order_id
        and status = 'reserved'
    returning * into redemption;

    if redemption.kind = 'reward' and p_status = 'redeemed' then
        perform private.post_transaction(
            redemption.org_id, 'reward_spent', 'code_redemption', redemption.id, format('redemption:%s:spent', redemption.id),
            redemption.currency, private.clock(),
            array[
                row('learner_rewards', redemption.learner_id, redemption.discount_cents),
                row('promotions', null, -redemption.discount_cents)
            ]::private.posting[]
        );
    end if;
end;
$$;

-- Brings the redeemed discount of an order to what was returned of the order so far: released once all of it is back, so that its code
-- can be used again, and redeemed again if it is not after all and the code has a use left; of rewards, so much has returned to the
-- learner. return_order_discount (48) calls it.
create function private.return_discount(p_order_id uuid, p_is_all_back boolean, p_returned_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    before public.code_redemptions;
    redemption public.code_redemptions;
begin
    select * into before
    from public.code_redemptions
    where order_id = p_order_id
        and redeemed_at is not null
    for no key update;
    if not found then
        return;
    end if;

    update public.code_redemptions
    set status = case
            when p_is_all_back then 'released'
            when status = 'redeemed' or private.has_use_left(before) then 'redeemed'
            else 'released'
        end::public.redemption_status,
        returned_cents = case kind when 'reward' then p_returned_cents else 0 end,
        revision = revision + 1
    where org_id = before.org_id
        and id = before.id
        and (
            (status = 'released') <> p_is_all_back
            or (kind = 'reward' and returned_cents <> p_returned_cents)
        )
    returning * into redemption;

    perform private.post_transaction(
        redemption.org_id, 'reward_returned', 'code_redemption', redemption.id,
        format('redemption:%s:returned:%s', redemption.id, redemption.revision),
        redemption.currency, private.clock(),
        array[
            row('promotions', null, redemption.returned_cents - before.returned_cents),
            row('learner_rewards', redemption.learner_id, before.returned_cents - redemption.returned_cents)
        ]::private.posting[]
    )
    where redemption.returned_cents <> before.returned_cents;
end;
$$;

-- Whether the code of a released discount can be redeemed once more.
create function private.has_use_left(p_redemption public.code_redemptions)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select not exists (
        select
        from public.discount_codes code
        where code.id = p_redemption.discount_code_id
            and code.uses_count >= code.max_uses
    ) and not exists (
        select
        from public.referral_codes code
        where code.id = p_redemption.referral_code_id
            and code.uses_count >= code.max_uses
    );
$$;

-- Keeps uses_count equal to the number of reserved and redeemed discounts of a code, whoever writes them. A check on the code
-- keeps uses_count within max_uses. Definer: the writer needs no access to codes.
create function private.count_redemption()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    change constant integer := (new.status <> 'released')::integer
        - (tg_op = 'UPDATE' and old.status <> 'released')::integer;
begin
    update public.discount_codes set uses_count = uses_count + change where id = new.discount_code_id and change <> 0;
    update public.referral_codes set uses_count = uses_count + change where id = new.referral_code_id and change <> 0;
    return null;
end;
$$;

create trigger count_redemption
    after insert or update of status on public.code_redemptions
    for each row execute function private.count_redemption();
