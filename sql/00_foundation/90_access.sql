-- Defaults and checks run as the writer, and the jobs ask for the time.
grant execute on function private.clock to authenticated, jobs;
grant execute on function private.is_time_zone to authenticated;
grant execute on function private.tags_are_valid to authenticated;
