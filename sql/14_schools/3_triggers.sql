create trigger touch_updated_at
    before update on public.invitations
    for each row execute function private.touch_updated_at();

create trigger keep_an_owner
    after delete on public.organization_members
    for each row
    when (old.role = 'owner')
    execute function private.keep_an_owner();

create trigger keep_an_owner_changed
    after update on public.organization_members
    for each row
    when (old.role = 'owner' and (new.role <> 'owner' or new.org_id <> old.org_id))
    execute function private.keep_an_owner();
