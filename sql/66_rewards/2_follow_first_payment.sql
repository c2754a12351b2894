-- Definer: nobody writes rewards directly.
create function private.follow_first_payment()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if new.booking_id is not null and old.captured_cents = 0 then
        perform private.grant_reward(new.booking_id);
    end if;
    perform private.claw_back_reward(new.id);
    return null;
end;
$$;
