-- A lot keeps its parties, its minutes and its price from the moment it is made.
-- Definer: the writer may have no access to private.
create function private.forbid_credit_repricing()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if row(
        new.id, new.org_id, new.learner_id, new.instructor_id, new.service_id, new.currency, new.minutes_purchased,
        new.price_cents, new.discount_cents, new.platform_fee_cents, new.instructor_share_cents, new.total_cents,
        new.fee_mode, new.fee_bps, new.is_fee_refundable
    ) is distinct from row(
        old.id, old.org_id, old.learner_id, old.instructor_id, old.service_id, old.currency, old.minutes_purchased,
        old.price_cents, old.discount_cents, old.platform_fee_cents, old.instructor_share_cents, old.total_cents,
        old.fee_mode, old.fee_bps, old.is_fee_refundable
    ) then
        perform private.refuse(
            'PT409', 'credit_is_frozen',
            'Prepaid minutes keep their parties and their price.',
            'Refund them and sell others.'
        );
    end if;
    return new;
end;
$$;
