-- Keeps uses_count the number of redemptions that are reserved or redeemed, whoever writes them; a code's maximum is a
-- constraint on it. Definer: the writer needs no access to codes.
create function private.count_redemption()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    step constant integer := (new.status <> 'released')::integer
        - (tg_op = 'UPDATE' and old.status <> 'released')::integer;
begin
    update public.discount_codes set uses_count = uses_count + step where id = new.discount_code_id and step <> 0;
    update public.referral_codes set uses_count = uses_count + step where id = new.referral_code_id and step <> 0;
    return null;
end;
$$;
