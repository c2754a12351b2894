-- Stamps the moment of a change. Definer: API roles write these tables and have no access to private.
create function private.touch_updated_at()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    new.updated_at := private.clock();
    return new;
end;
$$;
