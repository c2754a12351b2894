-- An earning is not payable before Stripe has made the charge's money available, which Stripe says after the charge.
-- Definer: nobody writes earnings directly.
create function private.follow_funds()
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
