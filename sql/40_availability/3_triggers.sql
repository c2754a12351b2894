create trigger fill_availability_window
    before insert on public.availability_windows
    for each row execute function private.fill_availability_window();

create trigger touch_updated_at
    before update on public.availability_windows
    for each row execute function private.touch_updated_at();

create trigger withdraw_stale_slots
    after update or delete on public.availability_windows
    for each row execute function private.withdraw_stale_slots();

create trigger fill_availability_exception
    before insert on public.availability_exceptions
    for each row execute function private.fill_availability_window();

create trigger touch_updated_at
    before update on public.availability_exceptions
    for each row execute function private.touch_updated_at();

create trigger withdraw_stale_slots
    after insert or update or delete on public.availability_exceptions
    for each row execute function private.withdraw_stale_slots();

create trigger forbid_moving_taken_slot
    before update on public.bookable_slots
    for each row execute function private.forbid_moving_taken_slot();

create trigger touch_updated_at
    before update on public.bookable_slots
    for each row execute function private.touch_updated_at();

select private.audit_table('public.availability_windows', 'id');
select private.audit_table('public.availability_exceptions', 'id', '{note}');
-- NOTE: slots and the calendar are not audited; they follow from windows and bookings, which are.
