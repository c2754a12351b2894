grant execute on function private.check_invariants to jobs;
grant execute on function private.maintain to jobs;
