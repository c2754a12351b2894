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
