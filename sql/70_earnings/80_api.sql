create view public.instructor_balances
    with (security_invoker = true)
as
select
    earning.org_id,
    earning.instructor_id,
    earning.currency,
    coalesce(sum(earning.amount_cents) filter (where earning.reversed_payout_id is null), 0)::bigint as total_cents,
    coalesce(sum(earning.amount_cents) filter (where earning.status in ('pending', 'frozen')), 0)::bigint as pending_cents,
    coalesce(
        sum(earning.amount_cents) filter (where earning.status = 'available' and earning.payout_id is null), 0
    )::bigint as available_cents,
    coalesce(
        sum(earning.amount_cents) filter (where earning.status = 'available' and earning.payout_id is not null), 0
    )::bigint as in_transit_cents,
    (
        coalesce(sum(earning.amount_cents) filter (where earning.status in ('paid', 'closed')), 0)
        - coalesce(sum(earning.amount_cents) filter (where earning.reversed_payout_id is not null), 0)
    )::bigint as paid_cents
from public.earnings earning
group by earning.org_id, earning.instructor_id, earning.currency;

comment on view public.instructor_balances is
    'What each instructor earned, by currency, in its minor unit: total = pending (within the hold, or frozen) + available (due on the next '
    'payday) + in transit (in a payout that is not paid yet) + paid, or closed because a payee''s earnings summed to zero. What was reversed '
    'counts as available, not as paid.';

create trigger refuse_write_to_view
    instead of insert or update or delete on public.instructor_balances
    for each row execute function private.refuse_write_to_view();

create function public.my_balance()
    returns setof public.instructor_balances
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select balance.*
    from public.instructor_balances balance
    where balance.instructor_id = any ((select private.my_earner_ids())::uuid[]);
end;

comment on function public.my_balance is
    'What the caller earned as an instructor: the rows of instructor_balances, one for each organization and currency.';

create function public.report_problem(p_booking_id uuid, p_description text)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.report_problem(p_booking_id, p_description);

comment on function public.report_problem is
    'Reports that something was wrong with a lesson, before what it earned is paid out, given or not: the earning is frozen until a '
    'platform admin decides. For the learner and guardians who may book or pay. Returns the report''s id. Errors: sign_in_required, '
    'booking_not_found, nothing_to_freeze, value_missing, and the rules of public.problem_reports.';

create function public.admin_resolve_problem(p_problem_report_id uuid, p_unfreezes_earning boolean, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_resolve_problem(p_problem_report_id, p_unfreezes_earning, p_reason);

comment on function public.admin_resolve_problem is
    'Decides a reported problem: with true the earning is pending again, with false it stays frozen until a refund of the lesson is made, '
    'and can be decided again; platform admins only. '
    'Errors: not_an_admin, reason_required, problem_not_found.';

create function public.admin_write_off_balance(p_payee_id uuid, p_currency text, p_reason text)
    returns bigint
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_write_off_balance(p_payee_id, p_currency, p_reason);

comment on function public.admin_write_off_balance is
    'Writes off what a payee (an instructor, or an organization) owes the platform, at the platform''s cost; returns the amount in the minor '
    'unit. Platform admins only. Errors: not_an_admin, reason_required, balance_not_negative.';
