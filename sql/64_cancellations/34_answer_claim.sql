-- The side that is said not to have come accepts that, which settles the claim at once. Definer: as mark_no_show.
create function private.accept_claim(p_claim_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    claim public.lesson_claims := private.require_claim_to_answer(p_claim_id);
begin
    perform private.uphold_claim(claim, private.my_part_in(claim), private.my_user_id(), 'Accepted by the side that did not come.');
end;
$$;

-- The side that is said not to have come denies it: an admin has to decide. Definer: as mark_no_show.
create function private.contest_claim(p_claim_id uuid, p_statement text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    claim public.lesson_claims := private.require_claim_to_answer(p_claim_id);
    broken_rule text;
begin
    if claim.status <> 'open' then
        perform private.refuse_answered_claim(claim);
    end if;
    update public.lesson_claims
    set status = 'undecided',
        contested_by = private.my_user_id(),
        contested_at = private.clock(),
        answer = p_statement,
        decision_due_at = private.decision_due_at()
    where org_id = claim.org_id
        and id = claim.id;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- The side that has made a claim takes it back; it can be made again in time. Definer: as mark_no_show.
create function private.withdraw_claim(p_claim_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    claim public.lesson_claims := private.require_claim(p_claim_id);
    part constant public.booking_party := private.my_part_in(claim);
begin
    if part is distinct from claim.claimant and claim.claimed_by is distinct from private.my_user_id() then
        perform private.refuse_unknown_claim();
    end if;
    if claim.status not in ('open', 'undecided') then
        perform private.refuse_answered_claim(claim);
    end if;
    update public.lesson_claims
    set status = 'withdrawn',
        decided_by = part,
        decided_by_person = private.my_user_id(),
        decided_at = private.clock(),
        reason = 'Withdrawn by the side that made it.'
    where org_id = claim.org_id
        and id = claim.id;
end;
$$;

-- Returns the claim, locked with its booking, if the caller is on the side that is said not to have come: the learner or a guardian who
-- may book, or the instructor or an admin who could decide it.
create function private.require_claim_to_answer(p_claim_id uuid)
    returns public.lesson_claims
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    claim public.lesson_claims := private.require_claim(p_claim_id);
    part constant public.booking_party := private.my_part_in(claim);
    is_addressed constant boolean := case claim.no_show_by
        when 'learner' then part in ('learner', 'guardian')
        else part = 'instructor' or (part = 'admin' and claim.claimant <> 'admin' and not private.is_biased(claim))
    end;
begin
    if not is_addressed then
        perform private.refuse_unknown_claim();
    end if;
    if claim.status not in ('open', 'undecided') then
        perform private.refuse_answered_claim(claim);
    end if;
    return claim;
end;
$$;

-- Returns a claim about a booking to which the caller is a party, locked with its booking.
create function private.require_claim(p_claim_id uuid)
    returns public.lesson_claims
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    claim public.lesson_claims;
begin
    perform private.require_person();
    perform private.lock_bookings(array(select known.booking_id from public.lesson_claims known where known.id = p_claim_id));
    select * into claim from public.lesson_claims where id = p_claim_id;
    if claim.id is null or private.my_part_in(claim) is null then
        perform private.refuse_unknown_claim();
    end if;
    return claim;
end;
$$;

-- The caller's part in the booking of a claim.
create function private.my_part_in(p_claim public.lesson_claims)
    returns public.booking_party
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.party_of(booking)
    from public.bookings booking
    where booking.org_id = p_claim.org_id
        and booking.id = p_claim.booking_id;
$$;

-- Refuses a claim that the caller may not know of, or may not act on, with the same words.
create function private.refuse_unknown_claim()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT404', 'claim_not_found',
        'There is no claim with this id for you to answer or decide.',
        'Check the claim''s id, and that you are signed in as the right person.'
    );
end;
$$;

-- Refuses to act on a claim that has moved on.
create function private.refuse_answered_claim(p_claim public.lesson_claims)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'claim_answered',
        format('This claim is %s.', p_claim.status),
        'Reload the claim. What is undecided waits for an admin; what is settled stays.'
    );
end;
$$;
