-- Freezes the unpaid earnings of a booking or of a payment's money while there is a cause, and unfreezes them once there is none. Called
-- when a cause begins or ends: by 82_effects for disputes, refunds and claims, and by 41_report_problem.sql.
create function private.refreeze_earnings(p_org_id uuid, p_booking_id uuid, p_payment_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.earnings earning
    set status = case when cause.is_open then 'frozen' else 'pending' end::public.earning_status
    from (
        select unpaid.id, private.has_freezing_cause(unpaid) as is_open
        from public.earnings unpaid
        where unpaid.org_id = p_org_id
            and (
                unpaid.booking_id = p_booking_id
                or unpaid.payment_id = p_payment_id
                or unpaid.item_id in (select paid.item_id from private.item_payments paid where paid.payment_id = p_payment_id)
            )
            and unpaid.status in ('pending', 'frozen')
    ) cause
    where earning.id = cause.id
        and (earning.status = 'frozen') <> cause.is_open;
end;
$$;

-- Whether an earning has to wait: its lesson has a problem report that is open or awaits a refund, somebody is said not to have come to
-- it, or the money that it comes from is disputed.
create function private.has_freezing_cause(p_earning public.earnings)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from public.problem_reports report
        where report.org_id = p_earning.org_id
            and report.booking_id = p_earning.booking_id
            and (report.resolved_at is null or report.awaits_refund)
    ) or private.has_open_claim(p_earning.booking_id) or private.is_earning_disputed(p_earning);
end;
$$;

-- Whether the money that an earning comes from is disputed: its payment, or another that pays its lesson or has bought the minutes that do.
create function private.is_earning_disputed(p_earning public.earnings)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from public.payments payment
        where payment.id = p_earning.payment_id
            and payment.is_disputed
    ) or exists (
        select
        from private.item_payments paid
        join public.payments payment on payment.org_id = paid.org_id and payment.id = paid.payment_id
        where paid.org_id = p_earning.org_id
            and paid.item_id = p_earning.item_id
            and payment.is_disputed
    );
end;
$$;
