-- What must always be true, as far as SQL can know: one row a violation, none in health.
-- Definer: the jobs have no access to the tables.
create function private.check_invariants()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    return query
    select violation.invariant, violation.detail from private.check_calendar() violation
    union all
    select violation.invariant, violation.detail from private.check_ledger() violation
    union all
    select violation.invariant, violation.detail from private.check_payouts() violation
    union all
    select violation.invariant, violation.detail from private.check_returns() violation
    union all
    select violation.invariant, violation.detail from private.check_records() violation;
end;
$$;

comment on function private.check_invariants is 'One row a violation, with the ids to look at; zero rows in health.';
