-- Hands an event's object to the room that it belongs to. What we do not listen to is ignored.
create function private.apply_stripe_event(p_event private.webhook_events, p_object jsonb)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if (p_event.endpoint = 'connect') <> (p_event.account is not null) then
        return row('parked', 'wrong_endpoint')::private.stripe_outcome;
    end if;

    return case
        when p_event.endpoint = 'connect' then case
            when p_event.type = 'account.updated' then private.apply_account(p_object, p_event.occurred_at)
            when p_event.type = 'account.application.deauthorized'
                then private.apply_deauthorization(p_event.account, p_event.occurred_at)
            when p_event.type = 'capability.updated' then private.apply_capability(p_event.event_id, p_event.account)
            when p_event.type like 'payout.%' then private.apply_bank_payout(p_object, p_event.account, p_event.occurred_at)
            else row('ignored', null)::private.stripe_outcome
        end
        when p_event.type like 'payment_intent.%' then private.apply_payment_intent(p_object, p_event.occurred_at)
        when p_event.type like 'refund.%' then private.apply_refund(p_object, p_event.occurred_at)
        when p_event.type = 'charge.refund.updated' then private.apply_refund(p_object, p_event.occurred_at)
        when p_event.type like 'charge.dispute.%' then private.apply_dispute(p_object, p_event.occurred_at)
        when p_event.type = 'radar.early_fraud_warning.created' then private.apply_fraud_warning(p_object)
        when p_event.type like 'charge.%' then private.apply_charge(p_object)
        when p_event.type like 'transfer.%' then private.apply_transfer(p_object, p_event.occurred_at)
        else row('ignored', null)::private.stripe_outcome
    end;
end;
$$;
