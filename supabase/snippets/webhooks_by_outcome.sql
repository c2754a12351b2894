-- How many webhooks came, of which type, and what became of them.
select
    event.endpoint,
    event.type,
    event.status::text as outcome,
    count(*) as events,
    max(event.received_at) as latest_at
from private.webhook_events event
group by event.endpoint, event.type, event.status
order by event.endpoint, event.type, event.status;
