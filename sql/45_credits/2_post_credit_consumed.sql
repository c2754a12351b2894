-- Books minutes that were used, or that have expired: what was deferred at the purchase is earned now.
create function private.post_credit_consumed(p_entry public.credit_entries)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    select private.post_transaction(
        'credit_consumed', 'credit_entry', p_entry.id, format('credit_entry:%s:consumed', p_entry.id),
        credit.currency, p_entry.created_at,
        array[
            row('learner_prepaid', null, p_entry.share_cents),
            row('deferred_fees', null, p_entry.fee_cents),
            row('deferred_promotions', null, -p_entry.discount_cents),
            row('instructor_pending', credit.instructor_id, -p_entry.share_cents),
            row('platform_fees', null, -p_entry.fee_cents),
            row('promotions', null, p_entry.discount_cents)
        ]::private.posting[]
    )
    from public.learner_credits credit
    where credit.id = p_entry.credit_id;
$$;
