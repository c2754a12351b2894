-- When a booking ends, its prepaid minutes are consumed by what was earned, and the rest is returned. Bookings without prepaid
-- minutes have none to settle. Definer: nobody writes credits directly.
create function private.settle_booking_credit()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.settle_credit(
        new.id,
        case
            when new.status in ('completed', 'no_show') then coalesce(new.returned_minutes, 0)
            else coalesce(new.returned_minutes, 1440)
        end
    );
    return null;
end;
$$;
