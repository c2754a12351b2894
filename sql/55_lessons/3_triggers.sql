create trigger touch_updated_at
    before update on public.lessons
    for each row execute function private.touch_updated_at();

create trigger count_lesson
    after update of status on public.bookings
    for each row
    when (old.status <> 'completed' and new.status = 'completed')
    execute function private.count_lesson();

select private.audit_table('public.lessons', 'id', '{review,notes}');
