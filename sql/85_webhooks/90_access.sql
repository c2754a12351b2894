grant execute on function private.receive_stripe_event to webhook_service;

grant execute on function private.admin_replay_event to authenticated;
grant execute on function public.admin_replay_event to authenticated;
grant execute on function private.admin_dismiss_event to authenticated;
grant execute on function public.admin_dismiss_event to authenticated;

grant execute on function private.receive_stripe_event to jobs;
grant execute on function private.events_known_until to jobs;
grant execute on function private.find_unstored_events to jobs;
grant execute on function private.list_stripe_accounts to jobs;
grant execute on function private.uses_accounts_v2 to jobs;
