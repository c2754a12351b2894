create view private.leases_end
    with (security_invoker = true)
as
select jsonb_build_object('outbox_id', command.id) as detail
from private.outbox command
where command.leased_until < private.clock() - interval '1 day';

comment on view private.leases_end is
    'No worker has held a command of the outbox for more than a day.';
