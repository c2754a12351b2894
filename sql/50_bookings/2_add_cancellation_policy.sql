-- An organization begins with the usual policy: all until 24 hours before the lesson, half until it starts.
-- Definer: nobody writes policies directly.
create function private.add_cancellation_policy()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    new_policy_id uuid;
begin
    insert into public.cancellation_policies (org_id, version) values (new.id, 1) returning id into new_policy_id;
    insert into public.cancellation_tiers (policy_id, org_id, notice_minutes, refund_bps)
    values (new_policy_id, new.id, 1440, 10000), (new_policy_id, new.id, 0, 5000);
    return null;
end;
$$;
