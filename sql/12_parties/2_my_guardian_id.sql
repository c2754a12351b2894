-- The caller as a guardian; null for anybody else. Definer: used by the policy of the table it reads.
create function private.my_guardian_id()
    returns uuid
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return (select guardian.id from public.guardians guardian where guardian.user_id = private.my_user_id());
end;
$$;
