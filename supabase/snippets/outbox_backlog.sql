-- What SQL decided and `python -m jobs outbox` has not carried to Stripe yet; dead ones need somebody: admin_replay_command(id, 'why').
select
    command.id,
    command.topic,
    command.subject,
    case
        when command.dead_at is not null then 'dead'
        when command.available_at > private.clock() then 'later'
        when command.leased_until > private.clock() then 'in work'
        else 'due'
    end as state,
    command.attempts,
    command.available_at,
    command.last_error,
    command.payload
from private.outbox command
where command.processed_at is null
order by command.dead_at nulls last, command.available_at;
