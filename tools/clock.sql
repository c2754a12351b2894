-- Lets tests and local stacks travel in time: committed, or within a transaction that is rolled back. Run again, it
-- leaves the present where it is.
create table if not exists private.test_clock (
    is_only_row boolean primary key default true check (is_only_row),
    offset_interval interval not null default interval '0'
);

comment on table private.test_clock is 'How far the present of private.clock() is from now. Test databases only.';
alter table private.test_clock enable row level security;
insert into private.test_clock default values on conflict do nothing;

-- Definer: whoever asks for the time may not read the table.
create or replace function private.clock()
    returns timestamptz
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return now() + (select test_clock.offset_interval from private.test_clock);
end;
$$;
