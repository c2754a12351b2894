-- Redeems or releases what was taken off a booking or a purchase. Spent rewards leave the learner's account, by which the
-- platform is even: it bore them when they were granted, and bears the discount now.
create function private.finish_redemption(p_booking_id uuid, p_credit_id uuid, p_status public.redemption_status)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
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
            'reward_spent', 'code_redemption', redemption.id, format('redemption:%s:spent', redemption.id),
            redemption.currency, private.clock(),
            array[
                row('learner_rewards', redemption.learner_id, redemption.discount_cents),
                row('promotions', null, -redemption.discount_cents)
            ]::private.posting[]
        );
    end if;
end;
$$;

-- Keeps uses_count the number of redemptions that are reserved or redeemed, whoever writes them; a code's maximum is a
-- constraint on it. Definer: the writer needs no access to codes.
create function private.count_redemption()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    step constant integer := (new.status <> 'released')::integer
        - (tg_op = 'UPDATE' and old.status <> 'released')::integer;
begin
    update public.discount_codes set uses_count = uses_count + step where id = new.discount_code_id and step <> 0;
    update public.referral_codes set uses_count = uses_count + step where id = new.referral_code_id and step <> 0;
    return null;
end;
$$;

create trigger count_redemption
    after insert or update of status on public.code_redemptions
    for each row execute function private.count_redemption();
