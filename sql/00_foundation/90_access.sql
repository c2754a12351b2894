-- Column defaults and checks run as the writer, so writers need these; the jobs read the clock.
grant execute on function private.clock to authenticated, jobs;
grant execute on function private.is_time_zone to authenticated;
grant execute on function private.tags_are_valid to authenticated;
