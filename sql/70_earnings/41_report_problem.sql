-- Freezes what a lesson earned, given or not, of which the learner, or a guardian who may book or pay, says that something was wrong.
-- Possible from the lesson's end until the hold before payout has passed; a platform admin then decides with admin_resolve_problem. A lesson
-- that nobody has completed yet is not completed by itself before that, and what it earns then is frozen from the start.
-- Definer: no role may write earnings.
create function private.report_problem(p_booking_id uuid, p_description text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    booking public.bookings;
    new_report_id uuid;
    broken_rule text;
    missing_column text;
begin
    select * into booking
    from public.bookings
    where id = p_booking_id
        and (
            learner_id = any (private.my_learner_ids())
            or learner_id = any (private.ward_ids(person, 'book'))
            or learner_id = any (private.ward_ids(person, 'pay'))
        );
    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such booking.',
            'Check the booking''s id.'
        );
    end if;

    update public.earnings
    set status = 'frozen'
    where org_id = booking.org_id
        and booking_id = booking.id
        and kind in ('lesson', 'no_show', 'cancellation')
        and status = 'pending';
    if not found and not (booking.status in ('confirmed', 'in_progress') and booking.end_at <= private.clock()) then
        perform private.refuse(
            'PT409', 'nothing_to_freeze',
            'A problem can be reported once the lesson is over, and until its earning is due for payout.',
            'Ask for a refund instead.'
        );
    end if;

    insert into public.problem_reports (org_id, booking_id, learner_id, instructor_id, reported_by, description)
    values (booking.org_id, booking.id, booking.learner_id, booking.instructor_id, person, p_description)
    returning id into new_report_id;
    return new_report_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Closes a problem report with a platform admin's decision: the earning is pending again, or stays frozen until a part of the lesson is
-- refunded, which only what was paid through the platform can be. A report that awaits a refund can be decided again.
-- Definer: no role may write earnings.
create function private.admin_resolve_problem(p_problem_report_id uuid, p_unfreezes_earning boolean, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    report public.problem_reports;
begin
    perform private.require_platform_admin(p_reason);

    update public.problem_reports
    set resolution = p_reason,
        resolved_at = private.clock(),
        awaits_refund = not coalesce(p_unfreezes_earning, false) and not exists (
            select
            from public.order_items item
            where item.org_id = problem_reports.org_id
                and item.booking_id = problem_reports.booking_id
                and item.is_paid_outside
        )
    where id = p_problem_report_id
        and (resolved_at is null or awaits_refund)
    returning * into report;
    if not found then
        perform private.refuse(
            'PT404', 'problem_not_found',
            'There is no open problem report with that id.',
            'Reload the list of problem reports.'
        );
    end if;
    perform private.refreeze_earnings(report.org_id, report.booking_id, null);
end;
$$;

-- A refund of a lesson's payment is what its resolved problem reports waited for. 82_effects calls it.
create function private.end_wait_for_refund(p_refund public.refunds)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    report record;
begin
    for report in
        update public.problem_reports waiting
        set awaits_refund = false
        from private.return_items part
        join public.order_items item on item.org_id = part.org_id and item.id = part.item_id
        where part.org_id = p_refund.org_id
            and part.refund_id = p_refund.id
            and waiting.org_id = item.org_id
            and waiting.booking_id = item.booking_id
            and waiting.awaits_refund
        returning waiting.org_id, waiting.booking_id
    loop
        perform private.refreeze_earnings(report.org_id, report.booking_id, null);
    end loop;
end;
$$;
