grant execute on function private.clock to anon, authenticated, service_role, jobs, webhook_service;
grant execute on function private.is_time_zone to anon, authenticated, service_role;
