-- An admin of the platform decides a reported problem: the earning goes on, or stays frozen for a refund.
-- Definer: nobody writes earnings directly.
create function private.admin_resolve_problem(p_problem_report_id uuid, p_releases_earning boolean, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    report public.problem_reports;
begin
    perform private.require_platform_admin(p_reason);

    update public.problem_reports
    set resolution = p_reason,
        resolved_at = private.clock()
    where id = p_problem_report_id
        and resolved_at is null
    returning * into report;
    if not found then
        perform private.refuse(
            'PT404', 'problem_not_found',
            'There is no such open report.',
            'Reload the list of reports.'
        );
    end if;

    if p_releases_earning then
        update public.earnings
        set status = 'pending'
        where booking_id = report.booking_id
            and status = 'frozen';
    end if;
end;
$$;
