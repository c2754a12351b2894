-- A completed lesson earns the instructor the share, less what of it was refunded before.
-- Definer: nobody writes earnings directly.
create function private.accrue_earning()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payment constant public.payments := private.paid_by(new.id);
    earned_cents bigint := new.instructor_share_cents;
begin
    if payment.refunded_cents > 0 then
        earned_cents := earned_cents - (private.split_refund(payment, payment.refunded_cents)).share_cents;
    end if;

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
        earned_cents,
        greatest(private.clock() + new.payout_hold, payment.funds_available_at)
    where earned_cents > 0;
    return null;
end;
$$;
