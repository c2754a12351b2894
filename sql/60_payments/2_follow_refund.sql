-- What follows from a refund's end: once all was given back, its code is free again; one that failed is owed again, so its
-- minutes come back and the admins are told. Definer: nobody writes credits and codes directly.
create function private.follow_refund()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payment public.payments;
    entry public.credit_entries;
begin
    select * into strict payment from public.payments where id = new.payment_id;
    if new.status = 'succeeded' then
        if payment.refunded_cents = payment.captured_cents then
            perform private.give_back_discount(payment.booking_id, payment.credit_id);
        end if;
        return null;
    end if;

    select * into entry from public.credit_entries where refund_id = new.id and kind = 'refund';
    if found then
        perform private.move_credit(
            row(entry.credit_id, entry.minutes, entry.share_cents, entry.fee_cents, entry.discount_cents)::private.credit_part,
            'refund_failed', null, new.id
        );
    end if;
    perform private.raise_alert(
        new.org_id, null, 'refund_failed',
        'A refund did not reach the payer. The money is still owed: refund it again, or another way.',
        'refunds', new.id, format('refund:%s:failed', new.id)
    );
    return null;
end;
$$;
