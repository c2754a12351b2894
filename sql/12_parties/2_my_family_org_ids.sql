-- The organizations of the learners whom the caller may see: what these booked there stays readable to the family.
-- Definer: used by policies of other tables.
create function private.my_family_org_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return array(
        select distinct learner.org_id
        from public.learners learner
        where learner.id = any (private.my_family_ids())
    );
end;
$$;
