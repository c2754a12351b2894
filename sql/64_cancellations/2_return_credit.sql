-- Makes the refund of some unused minutes of a lot, all of them if null. The caller holds the locks of payment and lot.
create function private.return_credit(
    p_payment public.payments,
    p_credit public.learner_credits,
    p_minutes integer,
    p_reason text,
    p_client_key text
)
    returns table (refund_id uuid, minutes integer, amount_cents bigint)
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    part private.credit_part;
begin
    return query
    select refund.id, entry.minutes, refund.amount_cents
    from public.refunds refund
    join public.credit_entries entry on entry.refund_id = refund.id and entry.kind = 'refund'
    where refund.payment_id = p_payment.id
        and refund.client_key = p_client_key;
    if found then
        if exists (
            select
            from public.refunds refund
            join public.credit_entries entry on entry.refund_id = refund.id and entry.kind = 'refund'
            where refund.payment_id = p_payment.id
                and refund.client_key = p_client_key
                and entry.minutes <> coalesce(p_minutes, entry.minutes)
        ) then
            perform private.refuse(
                'PT409', 'client_key_reused',
                'This request was made before, for other minutes.',
                'Send a new p_client_key for another refund.'
            );
        end if;
        return;
    end if;

    perform private.check_minutes_can_be_refunded(p_payment, p_credit, p_minutes);
    part := private.next_credit_part(p_credit, coalesce(p_minutes, p_credit.minutes_left));
    refund_id := private.create_credit_refund(p_payment, p_credit, part, p_reason, p_client_key);
    minutes := part.minutes;
    select refund.amount_cents into amount_cents from public.refunds refund where refund.id = refund_id;
    return next;
end;
$$;
