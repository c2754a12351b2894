-- Definer: nobody writes earnings directly.
create function private.follow_refunded_booking()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.net_booking(new.payment_id, new.id, null);
    return null;
end;
$$;

create trigger net_booking
    after update of status on public.refunds
    for each row
    when (new.status <> old.status and (new.status = 'succeeded' or old.status = 'succeeded'))
    execute function private.follow_refunded_booking();

-- What a lost dispute takes is taken from the instructor where the instructor bears it. Definer: nobody writes earnings directly.
create function private.follow_dispute()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.net_booking(new.payment_id, null, new.id);
    return null;
end;
$$;

create trigger follow_dispute
    after update of lost_cents on public.disputes
    for each row
    when (new.lost_cents <> old.lost_cents)
    execute function private.follow_dispute();

-- Brings what an instructor has earned by a booking to what is left of it, by a signed row more: after a refund, one that failed,
-- or a lost dispute. It counts from when the booking's earning does, so that the two are paid out together.
create function private.net_booking(p_payment_id uuid, p_refund_id uuid, p_dispute_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, booking_id, payment_id, refund_id, dispute_id, currency, amount_cents, available_at
    )
    select
        booking.org_id,
        booking.instructor_id,
        coalesce(first_earning.payee_id, private.payee_id(booking.instructor_id)),
        case
            when change.cents > 0 then 'adjustment'
            when p_refund_id is not null then 'refund'
            else 'dispute'
        end::public.earning_kind,
        booking.id,
        payment.id,
        p_refund_id,
        p_dispute_id,
        booking.currency,
        change.cents,
        coalesce(first_earning.available_at, private.clock())
    from public.payments payment
    join public.bookings booking on booking.id = payment.booking_id
    left join public.earnings first_earning
        on first_earning.booking_id = booking.id
        and first_earning.kind in ('lesson', 'cancellation', 'no_show')
    cross join lateral (
        select private.earned_share_cents(booking) - coalesce(sum(earning.amount_cents), 0) as cents
        from public.earnings earning
        where earning.booking_id = booking.id
    ) change
    where payment.id = p_payment_id
        and payment.is_accepted
        and booking.status in ('completed', 'no_show', 'cancelled')
        and not booking.is_rescheduled
        and change.cents <> 0;
end;
$$;
