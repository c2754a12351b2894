-- Credits the instructor with the kept share of a booking that ended: a lesson that was given, a learner's no-show or a late
-- cancellation. The earning starts frozen while a payment of the booking is disputed. The caller holds the payments' locks.
-- 82_effects calls it.
create function private.accrue_earning(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, booking_id, payment_id, currency, amount_cents, available_at, status
    )
    select
        p_booking.org_id,
        p_booking.instructor_id,
        private.payee_id(p_booking.instructor_id),
        case p_booking.status
            when 'completed' then 'lesson'
            when 'no_show' then 'no_show'
            else 'cancellation'
        end::public.earning_kind,
        p_booking.id,
        funding.id,
        p_booking.currency,
        earned.cents,
        greatest(private.clock() + p_booking.payout_hold, funding.funds_available_at),
        case
            when funding.is_disputed
                or exists (
                    select
                    from public.payments paid
                    where paid.org_id = p_booking.org_id
                        and paid.booking_id = p_booking.id
                        and paid.is_disputed
                )
                then 'frozen'
            else 'pending'
        end::public.earning_status
    from (select private.earned_share_cents(p_booking) as cents) earned
    left join private.funding_payment(p_booking.id) funding on true
    where earned.cents > 0;
end;
$$;

-- The payee of an instructor's work: the instructor or the organization, as the instructor's details say; always the organization for
-- an instructor without a login, who cannot have a Stripe account.
create function private.payee_id(p_instructor_id uuid)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when details.payee = 'organization' or instructor.user_id is null then instructor.org_id
        else instructor.id
    end
    from public.instructors instructor
    join public.instructor_details details
        on details.org_id = instructor.org_id
        and details.instructor_id = instructor.id
    where instructor.id = p_instructor_id;
$$;

-- The payment whose money a booking's earning waits for: the latest of the booking itself or of the prepaid minutes that it used.
create function private.funding_payment(p_booking_id uuid)
    returns setof public.payments
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
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

-- Credits the instructor with prepaid minutes that expired unused. 82_effects calls it.
create function private.accrue_expiry(p_entry public.credit_entries)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, credit_entry_id, payment_id, currency, amount_cents, available_at
    )
    select
        p_entry.org_id, p_entry.instructor_id, private.payee_id(p_entry.instructor_id), 'credit_expiry', p_entry.id, payment.id,
        payment.currency, p_entry.share_cents, greatest(private.clock() + organization.payout_hold, payment.funds_available_at)
    from public.payments payment
    join public.organizations organization on organization.id = payment.org_id
    where payment.org_id = p_entry.org_id
        and payment.credit_id = p_entry.credit_id
        and payment.is_accepted
        and p_entry.share_cents > 0;
end;
$$;

-- Moves a payment's earnings to when Stripe makes the charge's money available, which is known only after the charge.
-- 82_effects calls it.
create function private.delay_earnings(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.earnings
    set available_at = p_payment.funds_available_at
    where org_id = p_payment.org_id
        and payment_id = p_payment.id
        and status in ('pending', 'frozen')
        and amount_cents > 0
        and available_at < p_payment.funds_available_at;
end;
$$;
