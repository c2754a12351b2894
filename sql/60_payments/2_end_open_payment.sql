-- When a booking ends unpaid, what was asked of Stripe for it is called off: its code becomes free once Stripe has confirmed
-- that, or at once if nothing was asked. Definer: nobody writes payments directly.
create function private.end_open_payment()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.cancel_open_payment(new.id, null);
    return null;
end;
$$;
