grant execute on function private.admin_resolve_suspense to authenticated;
grant execute on function public.admin_resolve_suspense to authenticated;
