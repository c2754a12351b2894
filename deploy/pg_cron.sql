-- Maintenance inside the database, where pg_cron is at hand (on hosted Supabase: Integrations, Cron). It is instead of a schedule of
-- `python -m jobs maintain`; the other commands need Stripe and run outside. Run as postgres; a second run replaces the first.
create extension if not exists pg_cron;

select cron.schedule(
    'lplate-maintain', '*/5 * * * *',
    $$ select private.maintain(); select private.record_heartbeat('maintain'); $$
);

-- What pg_cron notes of every run is kept for a week.
select cron.schedule(
    'lplate-forget-runs', '0 3 * * *',
    $$ delete from cron.job_run_details where end_time < now() - interval '7 days' $$
);
