-- The caller as an instructor, in each organization. Definer: used by the policy of the table it reads.
create function private.my_instructor_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return array(
        select instructor.id
        from public.instructors instructor
        where instructor.user_id = private.my_user_id()
    );
end;
$$;
