create trigger fill_ending
    before update of status on public.bookings
    for each row
    when (
        new.status in ('cancelled', 'no_show')
        and new.status <> old.status
        and new.returned_cents is null
    )
    execute function private.fill_ending();

create trigger return_money
    after update of status on public.bookings
    for each row
    when (
        not new.is_moved
        and old.status in ('confirmed', 'in_progress')
        and (new.status = 'cancelled' or new.no_show_by = 'instructor')
    )
    execute function private.return_money();

create trigger return_moved_money
    after update of status on public.bookings
    for each row
    when (
        new.moved_from_id is not null
        and old.status in ('held', 'requested')
        and new.status in ('cancelled', 'declined', 'expired')
    )
    execute function private.return_moved_money();

create trigger return_difference
    after update of status on public.bookings
    for each row
    when (
        new.total_cents < new.moved_cents
        and new.status = 'confirmed'
        and old.status <> 'confirmed'
    )
    execute function private.return_difference();
