-- The learners whom the caller may see: the caller as a learner, and those whom the caller is guardian of.
-- Definer: used by policies of the tables it reads.
create function private.my_family_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return private.my_learner_ids() || private.ward_ids(private.my_user_id(), 'view');
end;
$$;
