-- Expires the minutes of lots that have passed their date, and returns the entries. The instructor earns their share, without
-- a lesson. Called by maintain (95).
create function private.expire_credits()
    returns setof public.credit_entries
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
    entry public.credit_entries;
begin
    for credit in
        select lot.*
        from public.learner_credits lot
        where lot.status = 'active'
            and lot.expires_at <= private.clock()
            and lot.minutes_left > 0
        order by lot.id
        limit 1000
        for no key update skip locked
    loop
        entry := private.add_credit_entry(private.next_credit_part(credit, credit.minutes_left), 'expire', null, null);
        perform private.post_credit_consumed(entry);
        return next entry;
    end loop;
end;
$$;
