insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('booking', 'new', 'held', '{user,service,studio}'),
    ('booking', 'new', 'requested', '{user,service,studio}'),
    ('booking', 'held', 'confirmed', '{user,service,job}'),
    ('booking', 'held', 'requested', '{user,service,job}'),
    ('booking', 'held', 'expired', '{user,service,job,studio}'),
    ('booking', 'held', 'cancelled', '{user,service,job,studio}'),
    ('booking', 'requested', 'held', '{user,service,studio}'),
    ('booking', 'requested', 'confirmed', '{user,service,job}'),
    ('booking', 'requested', 'declined', '{user,service,studio}'),
    ('booking', 'requested', 'expired', '{user,service,job,studio}'),
    ('booking', 'requested', 'cancelled', '{user,service,job,studio}'),
    ('booking', 'expired', 'confirmed', '{service,job}'),
    ('booking', 'confirmed', 'in_progress', '{user,job,studio}'),
    ('booking', 'confirmed', 'completed', '{user,job,studio}'),
    ('booking', 'confirmed', 'no_show', '{user,job,studio}'),
    ('booking', 'confirmed', 'cancelled', '{user,service,job,studio}'),
    ('booking', 'in_progress', 'completed', '{user,job,studio}'),
    ('booking', 'in_progress', 'no_show', '{user,job,studio}'),
    ('booking', 'in_progress', 'cancelled', '{user,service,job,studio}');

-- The marketplace is older than the trigger that gives each organization its first policy.
insert into public.cancellation_policies (id, org_id, version)
values ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 1);

insert into public.cancellation_tiers (policy_id, org_id, notice_minutes, refund_bps)
values
    ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 1440, 10000),
    ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 0, 5000);
