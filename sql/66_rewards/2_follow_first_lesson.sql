-- Definer: nobody writes rewards directly.
create function private.follow_first_lesson()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.grant_reward(new.id);
    return null;
end;
$$;
