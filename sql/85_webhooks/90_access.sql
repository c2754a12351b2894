grant execute on function private.receive_stripe_event to webhook_service;

grant execute on function private.admin_replay_event to authenticated;
grant execute on function public.admin_replay_event to authenticated;
grant execute on function private.admin_dismiss_event to authenticated;
grant execute on function public.admin_dismiss_event to authenticated;
