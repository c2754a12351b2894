create policy select_platform_admin on public.reconciliation_reports
    for select
    to authenticated
    using ((select private.is_platform_admin()));

grant select on public.reconciliation_reports to authenticated, service_role;

grant execute on function private.balance_transactions_listed_until to jobs;
grant execute on function private.record_balance_transactions to jobs;
grant execute on function private.movements_recorded_until to jobs;
grant execute on function private.record_stripe_movements to jobs;
grant execute on function private.match_balance_transactions to jobs;
grant execute on function private.raise_reconciliation_exceptions to jobs;
grant execute on function private.finish_reconciliation to jobs;
grant execute on function private.days_to_report to jobs;
grant execute on function private.write_reconciliation_reports to jobs;
grant execute on function private.month_report to jobs;
grant execute on function private.report_for to webhook_service;

grant execute on function private.admin_reconciliation_exceptions to authenticated;
grant execute on function public.admin_reconciliation_exceptions to authenticated;
grant execute on function private.admin_take_exception to authenticated;
grant execute on function public.admin_take_exception to authenticated;
grant execute on function private.admin_resolve_exception to authenticated;
grant execute on function public.admin_resolve_exception to authenticated;
grant execute on function private.admin_close_month to authenticated;
grant execute on function public.admin_close_month to authenticated;
grant execute on function private.admin_reopen_month to authenticated;
grant execute on function public.admin_reopen_month to authenticated;
grant execute on function private.organization_kpis to authenticated;
grant execute on function public.organization_kpis to authenticated;
grant execute on function private.organization_learner_revenue to authenticated;
grant execute on function public.organization_learner_revenue to authenticated;
