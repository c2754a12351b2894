-- The first partitions; private.maintain() keeps making the next ones.
select private.create_month_partitions('public.audit_logs');
select private.create_month_partitions('private.webhook_event_bodies');
