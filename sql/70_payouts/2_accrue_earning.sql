-- A booking that is over earns the instructor what is kept of the share: of a lesson that was given, one that the learner missed
-- or one that was cancelled late. While any payment of it is disputed the earning begins frozen.
-- Definer: nobody writes earnings directly.
create function private.accrue_earning()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, booking_id, payment_id, currency, amount_cents, available_at, status
    )
    select
        new.org_id,
        new.instructor_id,
        private.payee_id(new.instructor_id),
        case new.status
            when 'completed' then 'lesson'
            when 'no_show' then 'no_show'
            else 'cancellation'
        end::public.earning_kind,
        new.id,
        funding.id,
        new.currency,
        earned.cents,
        greatest(private.clock() + new.payout_hold, funding.funds_available_at),
        case
            when funding.is_disputed
                or exists (select from public.payments paid where paid.booking_id = new.id and paid.is_disputed)
                then 'frozen'
            else 'pending'
        end::public.earning_status
    from (select private.earned_share_cents(new) as cents) earned
    left join private.funding_payment(new.id) funding on true
    where earned.cents > 0;
    return null;
end;
$$;
