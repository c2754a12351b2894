grant execute on function private.require_due_payout_runs to jobs;
grant execute on function private.overdue_paydays to jobs;
grant execute on function private.needs_attention to jobs;
grant execute on function private.traded_currencies to jobs;
grant execute on function private.compare_stripe_balance to jobs;
grant execute on function private.find_missing_funds to jobs;
grant execute on function private.maintain to jobs;

grant execute on function private.erase_person to authenticated;
grant execute on function public.erase_person to authenticated;
grant execute on function private.erase_learner to authenticated;
grant execute on function public.erase_learner to authenticated;
grant execute on function private.erase_instructor to authenticated;
grant execute on function public.erase_instructor to authenticated;
