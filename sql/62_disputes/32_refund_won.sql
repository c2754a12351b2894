-- Refunds what is owed of the items that a dispute gave back: somebody else's fault is made whole whenever the money is there.
-- 82_effects calls it.
create function private.refund_won_items(p_dispute public.disputes)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.refund_due(won.item_id, 'The dispute was won.')
    from (
        select distinct part.item_id
        from private.return_items part
        where part.org_id = p_dispute.org_id
            and part.dispute_id = p_dispute.id
    ) won
    order by won.item_id;
$$;
