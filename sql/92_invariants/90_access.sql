-- The jobs ask whether all is well. The views are for check_invariants alone.
grant execute on function private.check_invariants to jobs;
