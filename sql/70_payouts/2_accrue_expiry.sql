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
