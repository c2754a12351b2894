-- What was earned by an authorization that was lost cannot be paid; it stays frozen until an admin decides.
-- Definer: nobody writes earnings directly.
create function private.freeze_unpaid_earnings()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    update public.earnings set status = 'frozen' where payment_id = new.id and status = 'pending';
    return null;
end;
$$;
