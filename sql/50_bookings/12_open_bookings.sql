-- The bookings that have not ended, apart from the others, so that no index of bookings names a status or a deadline: worked off by
-- expire_holds (61_expire.sql) and complete_forgotten_lessons (70_earnings). From the booking to the end of the lesson, a booking's
-- updates are HOT.
create table private.open_bookings (
    org_id uuid not null,
    booking_id uuid not null,
    end_at timestamptz not null,
    hold_expires_at timestamptz,
    primary key (org_id, booking_id),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict
) with (fillfactor = 80);

create index on private.open_bookings (org_id, end_at) where hold_expires_at is null;
create index on private.open_bookings (org_id, hold_expires_at) where hold_expires_at is not null;

comment on table private.open_bookings is 'Every booking that has not ended. Kept by a trigger of bookings.';
comment on column private.open_bookings.hold_expires_at is
    'Until when it waits, proposed, held or requested; null once it is confirmed.';

alter table private.open_bookings enable row level security;

-- Adds a booking to the open ones, and removes it when it ends.
-- Definer: whoever writes bookings may not write the open ones.
create function private.keep_open_bookings()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.status in ('proposed', 'held', 'requested', 'confirmed', 'in_progress') then
        insert into private.open_bookings as kept (org_id, booking_id, end_at, hold_expires_at)
        values (
            new.org_id, new.id, new.end_at,
            case when new.status in ('proposed', 'held', 'requested') then new.hold_expires_at end
        )
        on conflict (org_id, booking_id) do update
            set hold_expires_at = excluded.hold_expires_at
            where kept.hold_expires_at is distinct from excluded.hold_expires_at;
    else
        delete from private.open_bookings where org_id = new.org_id and booking_id = new.id;
    end if;
    return null;
end;
$$;

create trigger keep_open_bookings
    after insert or update of status, hold_expires_at on public.bookings
    for each row execute function private.keep_open_bookings();
