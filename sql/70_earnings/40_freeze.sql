-- While a dispute is open what its payment earned, alone or with others, and is not settled stays where it is. A problem that was
-- reported, or a dispute over another payment of the lesson, keeps its earning frozen longer. Definer: nobody writes earnings directly.
create function private.freeze_disputed_earnings()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    update public.earnings earning
    set status = case when new.is_disputed then 'frozen' else 'pending' end::public.earning_status
    where (earning.payment_id = new.id or earning.booking_id = new.booking_id)
        and earning.status = case when new.is_disputed then 'pending' else 'frozen' end::public.earning_status
        and not exists (
            select
            from public.problem_reports report
            where report.booking_id = earning.booking_id
                and report.resolved_at is null
        )
        and (
            new.is_disputed
            or not exists (
                select
                from public.payments paid
                where paid.booking_id = new.booking_id
                    and paid.is_disputed
            )
        );
    return null;
end;
$$;

create trigger follow_disputed_payment
    after update of is_disputed on public.payments
    for each row
    when (new.is_disputed <> old.is_disputed)
    execute function private.freeze_disputed_earnings();

-- What was earned by an authorization that was lost cannot be paid; it stays frozen until an admin decides.
-- Definer: nobody writes earnings directly.
create function private.freeze_unpaid_earnings()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    update public.earnings set status = 'frozen' where payment_id = new.id and status = 'pending';
    return null;
end;
$$;

create trigger freeze_unpaid_earnings
    after update of status on public.payments
    for each row
    when (new.status = 'cancelled' and new.is_accepted)
    execute function private.freeze_unpaid_earnings();
