-- What a lost dispute takes is taken from the instructor where the instructor bears it. Definer: nobody writes earnings directly.
create function private.follow_dispute()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.net_booking(new.payment_id, null, new.id);
    return null;
end;
$$;
