-- What follows when a claim about a lesson is made, answered or settled: the lesson's earning waits while a claim is open.
-- Definer: whoever changes a claim may not write earnings.
create function private.on_lesson_claim_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.refreeze_earnings(new.org_id, new.booking_id, null);
    return null;
end;
$$;

create trigger on_lesson_claim_changed
    after insert or update of status on public.lesson_claims
    for each row execute function private.on_lesson_claim_changed();
