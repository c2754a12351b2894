-- Maintenance inside the database, where pg_cron is at hand (on hosted Supabase: Integrations, Cron). It is instead of a schedule of
-- `python -m jobs maintain`; the other commands need Stripe and run outside. Run as postgres; a second run replaces the first.
create extension if not exists pg_cron;

-- What belongs to no organization, and then one organization after the other, each committed by itself. One that fails keeps no other from
-- its maintenance: the run goes on, ends as failed in cron.job_run_details, and leaves no heartbeat.
select cron.schedule(
    'lplate-maintain', '*/5 * * * *',
    $cron$
    do $maintain$
    declare
        org_id uuid;
        failures text[] := '{}';
    begin
        perform set_config('lplate.is_job', 'on', false);
        foreach org_id in array null::uuid || array(select private.list_organizations()) loop
            begin
                if org_id is null then
                    perform private.maintain_platform();
                else
                    perform private.maintain_organization(org_id);
                end if;
            exception
                when others then
                    failures := failures || format('%s (%s)', coalesce(org_id::text, 'the platform'), sqlstate);
            end;
            commit;
        end loop;
        if failures <> '{}' then
            raise exception 'Maintenance failed of %.', array_to_string(failures, ', ');
        end if;
        perform private.record_heartbeat('maintain');
    end;
    $maintain$
    $cron$
);

-- What pg_cron notes of every run is kept for a week.
select cron.schedule(
    'lplate-forget-runs', '0 3 * * *',
    $$ delete from cron.job_run_details where end_time < now() - interval '7 days' $$
);
