-- The refund that the same request made before, if it did. The payment is locked by the caller.
create function private.repeat_of_refund(p_payment_id uuid, p_client_key text, p_amount_cents bigint)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    refund public.refunds;
begin
    select * into refund
    from public.refunds
    where payment_id = p_payment_id
        and client_key = p_client_key;
    if found and refund.amount_cents is distinct from p_amount_cents then
        perform private.refuse(
            'PT409', 'client_key_reused',
            'This request was made before, with another amount.',
            'Send a new p_client_key for another refund.'
        );
    end if;
    return refund.id;
end;
$$;
