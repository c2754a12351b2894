create trigger touch_updated_at
    before update on public.services
    for each row execute function private.touch_updated_at();

select private.audit_table('public.services', 'id');
