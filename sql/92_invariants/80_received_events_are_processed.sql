create view private.received_events_are_processed
    with (security_invoker = true)
as
select jsonb_build_object('event_id', event.event_id) as detail
from private.webhook_events event
where event.status = 'received'
    and event.received_at < private.clock() - interval '1 minute';

comment on view private.received_events_are_processed is
    'No event of Stripe waits longer than a minute.';
