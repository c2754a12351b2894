-- A completed lesson earns the instructor the share, less what of it was refunded before.
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
        org_id, instructor_id, payee_id, kind, booking_id, payment_id, currency, amount_cents, available_at
    )
    select
        new.org_id,
        new.instructor_id,
        private.payee_id(new.instructor_id),
        'lesson',
        new.id,
        payment.id,
        new.currency,
        new.instructor_share_cents - coalesce(returned.share_cents, 0),
        greatest(private.clock() + new.payout_hold, payment.funds_available_at)
    from (select new.id as booking_id) lesson
    left join lateral (
        select paid.id, paid.funds_available_at
        from public.payments paid
        where paid.booking_id = lesson.booking_id
            and paid.status = 'succeeded'
        order by paid.refunded_cents, paid.created_at
        limit 1
    ) payment on true
    left join lateral (
        select sum(refund.share_cents) as share_cents
        from public.refunds refund
        where refund.payment_id = payment.id
            and refund.status = 'succeeded'
    ) returned on true
    where new.instructor_share_cents > coalesce(returned.share_cents, 0);
    return null;
end;
$$;
