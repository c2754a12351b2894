-- Judges the parked events again that came before what they are about was known, later and later for three days; returns how
-- many are applied by now. Money of an unknown payment is for an admin: it is in suspense.
create function private.retry_parked_events()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    event private.webhook_events;
    applied integer := 0;
begin
    for event in
        select parked.*
        from private.webhook_events parked
        join private.webhook_event_bodies body on body.event_id = parked.id and body.received_at = parked.received_at
        where parked.status = 'parked'
            and parked.note in ('unknown_account', 'unknown_payment', 'unknown_transfer')
            and parked.type not like 'payment_intent.%'
            and parked.received_at > private.clock() - interval '3 days'
            and parked.processed_at <= private.clock() - interval '1 minute' * 2 ^ least(parked.attempts, 9)
        order by parked.received_at, parked.id
        limit 100
        for no key update of parked skip locked
    loop
        if private.replay_event(event) <> 'parked' then
            applied := applied + 1;
        end if;
    end loop;
    return applied;
end;
$$;
