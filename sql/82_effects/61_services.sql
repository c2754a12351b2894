-- When a service gets another length or other seats, its free slots follow. Definer: slots change only through functions.
create function private.on_service_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if (new.duration_minutes, new.max_participants) <> (old.duration_minutes, old.max_participants) then
        perform private.update_free_slots(new);
    end if;
    return null;
end;
$$;

create trigger on_service_changed
    after update of duration_minutes, max_participants on public.services
    for each row execute function private.on_service_changed();
