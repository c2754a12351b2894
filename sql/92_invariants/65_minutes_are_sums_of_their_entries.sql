create view private.minutes_are_sums_of_their_entries
    with (security_invoker = true)
as
select jsonb_build_object('credit_id', credit.id) as detail
from public.learner_credits credit
left join lateral (
    select
        coalesce(sum(entry.minutes * effect.reserved), 0) as reserved,
        coalesce(sum(entry.minutes * effect.used), 0) as used,
        coalesce(sum(entry.minutes * effect.refunded), 0) as refunded
    from public.credit_entries entry
    join (
        values
            ('reserve'::public.credit_entry_kind, 1, 0, 0),
            ('restore', -1, 0, 0),
            ('consume', -1, 1, 0),
            ('give_back', 0, -1, 0),
            ('expire', 0, 1, 0),
            ('refund', 0, 0, 1),
            ('refund_failed', 0, 0, -1),
            ('dispute', 0, 0, 1),
            ('dispute_reversed', 0, 0, -1)
    ) effect (kind, reserved, used, refunded) on effect.kind = entry.kind
    where entry.credit_id = credit.id
) moved on true
where (credit.minutes_reserved, credit.minutes_used, credit.minutes_refunded)
    is distinct from (moved.reserved, moved.used, moved.refunded);

comment on view private.minutes_are_sums_of_their_entries is
    'A lot''s minutes reserved, used and refunded are what its entries have moved.';
