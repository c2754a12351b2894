grant execute on function private.require_due_payout_runs to jobs;
grant execute on function private.overdue_paydays to jobs;
grant execute on function private.needs_attention to jobs;
grant execute on function private.traded_currencies to jobs;
grant execute on function private.compare_stripe_balance to jobs;
grant execute on function private.find_missing_funds to jobs;
grant execute on function private.maintain_platform to jobs;
grant execute on function private.list_organizations to jobs;
grant execute on function private.maintain_organization to jobs;
grant execute on function private.record_heartbeat to jobs;
grant execute on function private.late_commands to jobs;
grant execute on function private.list_privileges to jobs;
grant execute on function private.schema_version to jobs;
grant execute on function private.latest_livemode to jobs;

grant execute on function private.erase_person to authenticated;
grant execute on function public.erase_person to authenticated;
grant execute on function private.erase_learner to authenticated;
grant execute on function public.erase_learner to authenticated;
grant execute on function private.erase_instructor to authenticated;
grant execute on function public.erase_instructor to authenticated;

grant execute on function private.timeline to authenticated;
grant execute on function public.timeline to authenticated;
grant execute on function private.export_person to authenticated;
grant execute on function public.export_person to authenticated;
grant execute on function private.admin_find_person to authenticated;
grant execute on function public.admin_find_person to authenticated;
