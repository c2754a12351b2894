-- Judges stored events once more, from their bytes as they came: those that an admin wants replayed, and for three days, later
-- and later, those that came before what they are about was known. Returns how many are applied by now. Money of an unknown
-- payment is left to an admin: it is in suspense. Mode and version of all these were looked at before.
create function private.apply_waiting_events()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    event private.webhook_events;
    raw bytea;
    applied integer := 0;
begin
    for event in
        select waiting.*
        from private.webhook_events waiting
        where waiting.status = 'received'
            or (
                waiting.status = 'parked'
                and waiting.note in ('unknown_account', 'unknown_payment', 'unknown_transfer')
                and waiting.type not like 'payment_intent.%'
                and waiting.received_at > private.clock() - interval '3 days'
                and waiting.processed_at <= private.clock() - interval '1 minute' * 2 ^ least(waiting.attempts, 9)
            )
        order by waiting.received_at, waiting.id
        limit 100
        for no key update skip locked
    loop
        select body.raw into raw
        from private.webhook_event_bodies body
        where body.event_id = event.id
            and body.received_at = event.received_at;

        if found and private.settle_event(event, convert_from(raw, 'UTF8'), event.livemode, event.api_version) <> 'parked' then
            applied := applied + 1;
        end if;
    end loop;
    return applied;
end;
$$;
