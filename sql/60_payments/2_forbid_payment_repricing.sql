-- A payment keeps its parties and its amounts from the moment it is made; when its booking is rescheduled, it goes along.
-- Definer: the writer may have no access to private.
create function private.forbid_payment_repricing()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if row(
        new.id, new.org_id, new.kind, new.credit_id, coalesce(new.payer_id, old.payer_id), new.learner_id, new.instructor_id,
        new.currency, new.list_cents, new.discount_cents, new.fee_cents, new.share_cents, new.amount_cents,
        new.is_fee_refundable, new.minutes, new.capture_method
    ) is distinct from row(
        old.id, old.org_id, old.kind, old.credit_id, old.payer_id, old.learner_id, old.instructor_id, old.currency,
        old.list_cents, old.discount_cents, old.fee_cents, old.share_cents, old.amount_cents,
        old.is_fee_refundable, old.minutes, old.capture_method
    )
        or (
            new.booking_id is distinct from old.booking_id
            and not exists (
                select
                from public.bookings booking
                where booking.id = new.booking_id
                    and booking.moved_from_id = old.booking_id
            )
        )
    then
        perform private.refuse(
            'PT409', 'payment_is_frozen',
            'A payment keeps its parties and its amounts.',
            'Refund it and make another one.'
        );
    end if;
    return new;
end;
$$;
