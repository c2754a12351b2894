-- Column defaults and checks run as the writer, so writers need these; the jobs read the clock.
grant execute on function private.clock to authenticated, jobs;
grant execute on function private.is_time_zone to authenticated;
grant execute on function private.is_plausible_date to authenticated;
grant execute on function private.is_visible to authenticated;
grant execute on function private.is_line to authenticated;
grant execute on function private.is_email to authenticated;
grant execute on function private.is_link to authenticated;
grant execute on function private.are_lines to authenticated;
grant execute on function private.tags_are_valid to authenticated;
grant execute on function private.facets_are_valid to authenticated;

grant execute on function private.list_currencies to anon, authenticated;
grant execute on function public.list_currencies to anon, authenticated;
grant execute on function private.list_time_zones to anon, authenticated;
grant execute on function public.list_time_zones to anon, authenticated;
