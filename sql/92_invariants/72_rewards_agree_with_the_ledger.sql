create view private.rewards_agree_with_the_ledger
    with (security_invoker = true)
as
select jsonb_build_object('learner_id', account.owner_id, 'ledger_cents', -account.balance_cents) as detail
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

comment on view private.rewards_agree_with_the_ledger is
    'What the ledger owes a referrer is what was granted, less what was clawed back and spent.';
