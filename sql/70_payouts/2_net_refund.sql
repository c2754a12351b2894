-- A refund of a lesson that was earned already is taken from the instructor's earnings, and given back if it fails later.
-- Definer: nobody writes earnings directly.
create function private.net_refund()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, booking_id, payment_id, refund_id, currency, amount_cents, available_at
    )
    select
        earning.org_id,
        earning.instructor_id,
        earning.payee_id,
        case new.status when 'succeeded' then 'refund' else 'adjustment' end::public.earning_kind,
        earning.booking_id,
        earning.payment_id,
        new.id,
        earning.currency,
        case new.status when 'succeeded' then -new.share_cents else new.share_cents end,
        least(earning.available_at, private.clock())
    from public.earnings earning
    where earning.payment_id = new.payment_id
        and earning.kind = 'lesson'
        and new.share_cents > 0;
    return null;
end;
$$;
