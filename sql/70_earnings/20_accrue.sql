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

-- NOTE: triggers fire in the order of their names: capture_booking_payments has decided by then what is never captured.
create trigger earn_share
    after update of status on public.bookings
    for each row
    when (new.status <> old.status and new.status in ('completed', 'no_show', 'cancelled'))
    execute function private.accrue_earning();

-- Who is paid for an instructor's work: the instructor, or the organization; always the organization for an instructor
-- without a login, who could not have an account.
create function private.payee_id(p_instructor_id uuid)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select case
        when details.payee = 'organization' or instructor.user_id is null then instructor.org_id
        else instructor.id
    end
    from public.instructors instructor
    join public.instructor_details details on details.instructor_id = instructor.id
    where instructor.id = p_instructor_id;
$$;

-- The payment whose money a booking's earning waits for: its own latest, or that of the latest prepaid minutes it used.
create function private.funding_payment(p_booking_id uuid)
    returns setof public.payments
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select payment.*
    from public.payments payment
    where payment.is_accepted
        and payment.status in ('authorized', 'succeeded')
        and (
            payment.booking_id = p_booking_id
            or payment.credit_id in (
                select entry.credit_id from public.credit_entries entry where entry.booking_id = p_booking_id
            )
        )
    order by payment.created_at desc, payment.id desc
    limit 1;
$$;

-- Minutes that expire unused are earned by whom they were bought from. Definer: nobody writes earnings directly.
create function private.accrue_expiry()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, credit_entry_id, payment_id, currency, amount_cents, available_at
    )
    select
        new.org_id, new.instructor_id, private.payee_id(new.instructor_id), 'credit_expiry', new.id, payment.id,
        payment.currency, new.share_cents, greatest(private.clock() + organization.payout_hold, payment.funds_available_at)
    from public.payments payment
    join public.organizations organization on organization.id = payment.org_id
    where payment.credit_id = new.credit_id
        and payment.is_accepted
        and new.share_cents > 0;
    return null;
end;
$$;

create trigger accrue_expiry
    after insert on public.credit_entries
    for each row
    when (new.kind = 'expire')
    execute function private.accrue_expiry();

-- An earning is not payable before Stripe has made the charge's money available, which Stripe says after the charge.
-- Definer: nobody writes earnings directly.
create function private.delay_earnings()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    update public.earnings
    set available_at = new.funds_available_at
    where payment_id = new.id
        and status in ('pending', 'frozen')
        and amount_cents > 0
        and available_at < new.funds_available_at;
    return null;
end;
$$;

create trigger delay_earnings
    after update of funds_available_at on public.payments
    for each row
    when (new.funds_available_at is not null)
    execute function private.delay_earnings();
