-- Claims that the learner or the instructor did not come, from 15 minutes after the lesson's start until 24 hours after its end. The other
-- side is told and can contest it; nothing moves until the claim is settled (34_answer_claim.sql, 35_settle_claim.sql). What the
-- instructor says of themselves, or an admin of a lesson that nobody has completed, is settled at once.
-- Definer: claims and bookings change only through functions.
create function private.mark_no_show(p_booking_id uuid, p_who public.booking_party, p_statement text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
    is_admission constant boolean := p_who = 'instructor'
        and (party = 'instructor' or (party = 'admin' and booking.status <> 'completed'));
    claim public.lesson_claims;
    broken_rule text;
begin
    perform private.assert_claimable(booking, party, p_who);
    claim.notified_at := private.notice_delivered_at(booking, p_who);
    claim.status := case
        when is_admission then 'open'
        when private.oppose_claims(booking, p_statement) or claim.notified_at is null then 'undecided'
        else 'open'
    end;
    claim.decision_due_at := case when claim.status = 'undecided' then private.decision_due_at() end;

    insert into public.lesson_claims (
        org_id, booking_id, learner_id, instructor_id, no_show_by, status, claimant, claimed_by, statement, evidence, notified_at,
        decision_due_at
    )
    values (
        booking.org_id, booking.id, booking.learner_id, booking.instructor_id, p_who, claim.status, party, private.my_user_id(),
        p_statement,
        case when p_who = 'learner' and booking.status = 'in_progress' then 'lesson_started' end,
        claim.notified_at, claim.decision_due_at
    )
    on conflict do nothing
    returning * into claim;
    if claim.id is null then
        perform private.refuse(
            'PT409', 'claim_exists',
            format('It has been said already that the %s did not come.', p_who),
            'Read lesson_claims. Who is said not to have come answers with accept_claim or contest_claim.'
        );
    end if;

    if is_admission then
        perform private.uphold_claim(claim, party, private.my_user_id(), 'Said by the side that did not come.');
    else
        perform private.tell_of_claim(claim);
    end if;
    return claim.id;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
end;
$$;

-- Refuses a claim about somebody else, before its time or after it, and of a lesson that is not confirmed. Learners do not say it of
-- themselves: they accept what the other side says. That the instructor did not come can be said of a completed lesson too.
create function private.assert_claimable(
    p_booking public.bookings,
    p_party public.booking_party,
    p_who public.booking_party
)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if coalesce(p_who not in ('learner', 'instructor'), true) then
        perform private.refuse(
            'PT422', 'bad_party',
            'Only a learner or an instructor can be a no-show.',
            'Send learner or instructor as p_who.'
        );
    end if;
    if p_party in ('learner', 'guardian') and p_who = 'learner' then
        perform private.refuse(
            '42501', 'cannot_report_no_show',
            'Only the instructor or an admin can report this no-show.',
            'Accept the claim once it is made, or cancel the booking.'
        );
    end if;
    if p_booking.status not in ('confirmed', 'in_progress') and not (p_booking.status = 'completed' and p_who = 'instructor') then
        perform private.refuse(
            'PT409', 'booking_not_confirmed',
            format('Only a confirmed booking can be marked as a no-show; this one is %s.', p_booking.status),
            'Reload the booking.'
        );
    end if;
    if private.clock() < p_booking.start_at + interval '15 minutes' then
        perform private.refuse(
            'PT422', 'too_early',
            'It is too early to report a no-show: somebody may still come.',
            'Wait until 15 minutes after the lesson''s start.'
        );
    end if;
    if private.clock() >= p_booking.end_at + interval '24 hours' then
        perform private.refuse(
            'PT422', 'too_late',
            'It is too late to report a no-show: the lesson ended more than 24 hours ago.',
            'Ask for a refund, or write to the school.'
        );
    end if;
end;
$$;

-- When the notice of a claim reaches the other side; null if nobody there could read it. The alert can be read from the moment when the
-- claim is recorded. NOTE: once notices are sent as messages, this is when the message was delivered.
create function private.notice_delivered_at(p_booking public.bookings, p_who public.booking_party)
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case when p_who = 'instructor' or private.is_learner_reachable(p_booking.learner_id) then private.clock() end;
$$;

-- Until when the school decides a claim that becomes undecided now.
create function private.decision_due_at()
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.clock() + interval '7 days';
$$;

-- Contests the claims about a booking that are open against the side that makes a claim itself. True if there are claims of the other
-- side to be decided together with the new one.
create function private.oppose_claims(p_booking public.bookings, p_statement text)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.lesson_claims
    set status = 'undecided',
        contested_by = private.my_user_id(),
        contested_at = private.clock(),
        answer = p_statement,
        decision_due_at = private.decision_due_at()
    where org_id = p_booking.org_id
        and booking_id = p_booking.id
        and status = 'open';
    return private.has_open_claim(p_booking.id);
end;
$$;

-- Tells the side that is said not to have come, and the organization's admins.
create function private.tell_of_claim(p_claim public.lesson_claims)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.raise_alert(
        p_claim.org_id,
        case when p_claim.no_show_by = 'instructor' then p_claim.instructor_id end,
        'no_show_claimed',
        format(
            'It is said that the %s did not come to a lesson. Until %s this can be contested; afterwards it may count as true.',
            p_claim.no_show_by,
            to_char(
                (coalesce(p_claim.notified_at, p_claim.created_at) + interval '72 hours') at time zone instructor.time_zone,
                'FMDay FMDD FMMonth YYYY, HH24:MI'
            )
        ),
        'lesson_claims', p_claim.id, format('claim:%s:made', p_claim.id),
        case when p_claim.no_show_by = 'learner' then p_claim.learner_id end
    )
    from public.instructors instructor
    where instructor.org_id = p_claim.org_id
        and instructor.id = p_claim.instructor_id;
$$;
