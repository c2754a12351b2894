create trigger sync_profile
    after insert or update of email on auth.users
    for each row execute function private.sync_profile();

create trigger touch_updated_at
    before update on public.organizations
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.profiles
    for each row execute function private.touch_updated_at();
