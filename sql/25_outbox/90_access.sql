grant execute on function private.claim_commands to jobs;
grant execute on function private.finish_command to jobs;
grant execute on function private.fail_command to jobs;
grant execute on function private.postpone_commands to jobs;
grant execute on function private.classify_stripe_failure to jobs;

grant execute on function private.admin_replay_command to authenticated;
grant execute on function public.admin_replay_command to authenticated;
