-- Webhooks that are stored whole and wait for somebody to look; the note says why.
-- Once the cause is gone: admin_replay_event('evt_…', 'why'), or resend the event from Stripe's Dashboard.
select
    event.received_at,
    event.event_id,
    event.type,
    event.account,
    event.note,
    event.attempts
from private.webhook_events event
where event.status in ('parked', 'failed')
order by event.received_at desc;
