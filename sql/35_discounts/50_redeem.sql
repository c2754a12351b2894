-- Redeems or releases the discount reserved for a booking or a purchase, if there is one. Payments (60) call it when a payment
-- succeeds or can no longer succeed. Redeemed rewards leave the learner's account and lower the cost of promotions: it was
-- recorded when they were granted, and the discount is recorded as a cost of its own.
create function private.finish_redemption(p_booking_id uuid, p_credit_id uuid, p_status public.redemption_status)
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
    set status = p_status
    where (booking_id = p_booking_id or credit_id = p_credit_id)
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
