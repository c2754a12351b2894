-- Codes and rewards: uses are counted, every discount has its redemption, and a referrer's rewards are in the ledger.
create function private.violations_of_discounts()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'uses_are_counted', jsonb_build_object('discount_code_id', code.id, 'uses_count', code.uses_count)
    from public.discount_codes code
    where code.uses_count <> (
        select count(*)
        from public.code_redemptions redemption
        where redemption.discount_code_id = code.id
            and redemption.status <> 'released'
    )

    union all
    select 'discounts_have_their_redemption', jsonb_build_object('booking_id', booking.id)
    from public.bookings booking
    where booking.discount_cents > 0
        and booking.credit_applied_cents = 0
        and booking.status in ('held', 'requested', 'confirmed', 'in_progress', 'completed')
        and booking.original_booking_id is null
        and not exists (
            select
            from public.code_redemptions redemption
            where redemption.org_id = booking.org_id
                and redemption.order_id = booking.order_id
        )

    union all
    select 'rewards_agree_with_the_ledger', jsonb_build_object('learner_id', account.owner_id, 'ledger_cents', -account.balance_cents)
    from private.ledger_accounts account
    where account.kind = 'learner_rewards'
        and -account.balance_cents <> (
            select coalesce(sum(reward.amount_cents - reward.clawed_back_cents), 0)
            from public.referral_rewards reward
            where reward.referrer_id = account.owner_id
                and reward.currency = account.currency
        ) - (
            select coalesce(sum(redemption.discount_cents - redemption.returned_cents), 0)
            from public.code_redemptions redemption
            where redemption.learner_id = account.owner_id
                and redemption.currency = account.currency
                and redemption.kind = 'reward'
                and redemption.redeemed_at is not null
        );
end;
$$;

-- Disputes: what the bank has withdrawn is a claim in the ledger until the dispute is lost, and only a lost dispute costs anything.
create function private.violations_of_disputes()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'claims_are_those_of_open_disputes', jsonb_build_object('dispute_id', dispute.id, 'claim_cents', claim.cents)
    from public.disputes dispute
    cross join lateral (
        select coalesce(sum(entry.amount_cents), 0) as cents
        from private.ledger_transactions posted
        join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
        join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
        where posted.org_id = dispute.org_id
            and posted.source_type = 'dispute'
            and posted.source_id = dispute.id
            and account.kind = 'dispute_receivable'
    ) claim
    join public.payments payment on payment.org_id = dispute.org_id and payment.id = dispute.payment_id
    where claim.cents <> case
        when private.is_dispute_lost(dispute.status) and (payment.status = 'succeeded' or private.is_set_aside(payment)) then 0
        else dispute.withdrawn_cents
    end

    union all
    select 'only_lost_disputes_cost_anything', jsonb_build_object('dispute_id', dispute.id, 'lost_cents', dispute.lost_cents)
    from public.disputes dispute
    where dispute.lost_cents > case when private.is_dispute_lost(dispute.status) then greatest(dispute.withdrawn_cents, 0) else 0 end;
end;
$$;
