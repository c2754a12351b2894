-- Are there earnings to pay out, refunds that are not done, discounts of payments that may still come, or open disputes?
create function private.has_money_on_the_way(p_learner_ids uuid[], p_instructor_ids uuid[], p_payer_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select exists (
        select
        from public.earnings earning
        where earning.instructor_id = any (p_instructor_ids)
            and earning.status <> 'paid'
    ) or exists (
        select
        from public.refunds refund
        join public.payments payment on payment.id = refund.payment_id
        where (payment.payer_id = p_payer_id or payment.learner_id = any (p_learner_ids))
            and refund.status in ('requested', 'pending', 'requires_action')
    ) or exists (
        select
        from public.code_redemptions redemption
        where redemption.learner_id = any (p_learner_ids)
            and redemption.status = 'reserved'
    ) or exists (
        select
        from public.disputes dispute
        join public.payments payment on payment.id = dispute.payment_id
        where dispute.closed_at is null
            and (
                payment.payer_id = p_payer_id
                or payment.learner_id = any (p_learner_ids)
                or payment.instructor_id = any (p_instructor_ids)
            )
    );
$$;
