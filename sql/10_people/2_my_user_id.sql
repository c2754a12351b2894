-- The signed-in person, or null: for visitors, and for anonymous sign-ins, which are refused everywhere.
create function private.my_user_id()
    returns uuid
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select auth.uid() where not coalesce((auth.jwt() ->> 'is_anonymous')::boolean, false);
$$;
