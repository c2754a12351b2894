-- Freezes the unpaid earnings that a payment paid for while it is disputed, and unfreezes them afterwards. They stay frozen while a
-- problem report is open or another payment of the booking is disputed. 82_effects calls it.
create function private.freeze_disputed_earnings(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.earnings earning
    set status = case when p_payment.is_disputed then 'frozen' else 'pending' end::public.earning_status
    where (earning.payment_id = p_payment.id or earning.booking_id = p_payment.booking_id)
        and earning.status = case when p_payment.is_disputed then 'pending' else 'frozen' end::public.earning_status
        and not exists (
            select
            from public.problem_reports report
            where report.org_id = earning.org_id
                and report.booking_id = earning.booking_id
                and report.resolved_at is null
        )
        and (
            p_payment.is_disputed
            or not exists (
                select
                from public.payments paid
                where paid.org_id = p_payment.org_id
                    and paid.booking_id = p_payment.booking_id
                    and paid.is_disputed
            )
        );
end;
$$;

-- Freezes what was earned under an authorization that was lost, until an admin decides. 82_effects calls it.
create function private.freeze_unpaid_earnings(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.earnings set status = 'frozen' where payment_id = p_payment.id and status = 'pending';
end;
$$;
