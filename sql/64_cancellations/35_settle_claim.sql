-- Settles an organization's claims that nobody has answered within 72 hours of the notice, and returns how many: with evidence as they
-- say; without, the school's admins have seven days to decide. 95_operations calls it.
create function private.settle_due_claims(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    due_ids constant uuid[] := array(
        select claim.id
        from public.lesson_claims claim
        where claim.org_id = p_org_id
            and claim.status = 'open'
            and claim.notified_at <= private.clock() - interval '72 hours'
        order by claim.notified_at, claim.id
        limit 1000
    );
    claim public.lesson_claims;
    settled integer := 0;
begin
    if cardinality(due_ids) = 0 then
        return 0;
    end if;
    perform private.lock_bookings(array(select due.booking_id from public.lesson_claims due where due.id = any (due_ids)));
    for claim in
        select due.* from public.lesson_claims due where due.id = any (due_ids) and due.status = 'open' order by due.id
    loop
        if claim.evidence is not null then
            perform private.uphold_claim(claim, 'system', null, 'Nobody has contested it within 72 hours.');
        else
            update public.lesson_claims
            set status = 'undecided',
                decision_due_at = private.decision_due_at()
            where org_id = claim.org_id
                and id = claim.id;
        end if;
        settled := settled + 1;
    end loop;
    return settled;
end;
$$;

-- Decides who did not come: p_no_show_by, or nobody of whom it is proven. Then a single claim is dismissed and the booking stays as it was;
-- of two claims against each other neither holds, and the learner is refunded. For the school's admins within seven days, if they are not
-- a party; else for the platform's. Definer: claims and bookings change only through functions.
create function private.decide_claim(p_claim_id uuid, p_no_show_by public.booking_party, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    claim public.lesson_claims := private.require_claim_to_decide(p_claim_id, p_no_show_by, p_reason);
    decided integer;
begin
    update public.lesson_claims
    set status = case when no_show_by = p_no_show_by then 'upheld' else 'dismissed' end::public.lesson_claim_status,
        decided_by = 'admin',
        decided_by_person = private.my_user_id(),
        decided_at = private.clock(),
        reason = p_reason
    where org_id = claim.org_id
        and booking_id = claim.booking_id
        and status = 'undecided';
    get diagnostics decided = row_count;

    if p_no_show_by is not null then
        perform private.end_as_no_show(claim, p_no_show_by);
    elsif decided > 1 then
        update public.bookings
        set status = 'cancelled',
            cancelled_by = 'admin',
            cancelled_at = private.clock(),
            cancellation_reason = 'Each side says that the other did not come, and neither has proven it.'
        where org_id = claim.org_id
            and id = claim.booking_id;
        perform private.tell_of_decision(claim, 'Neither side has proven that the other did not come. The learner is refunded in full.');
    else
        perform private.tell_of_decision(
            claim, format('It is not proven that the %s did not come. The booking stays as it was.', claim.no_show_by)
        );
    end if;
end;
$$;

-- Returns the undecided claim, locked with its booking, if the caller may decide it. A school's admin may not who is a party, who has
-- claimed or contested, whose school has made the claim, or once the seven days have passed; an admin of the platform may not who is
-- a party.
create function private.require_claim_to_decide(p_claim_id uuid, p_no_show_by public.booking_party, p_reason text)
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
    select * into claim
    from public.lesson_claims
    where id = p_claim_id
        and org_id = any (private.my_admin_org_ids());
    if not found then
        perform private.refuse_unknown_claim();
    end if;
    if claim.status <> 'undecided' then
        perform private.refuse_answered_claim(claim);
    end if;
    if private.is_platform_admin() then
        perform private.require_platform_admin(p_reason);
    end if;
    if private.is_biased(claim) then
        perform private.refuse(
            '42501', 'not_yours_to_decide',
            'You are a party to this claim, or the school has left it to the platform.',
            'Another admin of the school decides, or the platform''s support.'
        );
    end if;

    if coalesce(length(trim(p_reason)), 0) not between 3 and 500 or not private.is_visible(p_reason) then
        perform private.refuse(
            'PT422', 'reason_required',
            'An admin''s decision needs a reason of 3 to 500 characters.',
            'Say in a sentence why; both sides can read it.'
        );
    end if;
    if p_no_show_by not in ('learner', 'instructor')
        or (
            p_no_show_by = 'learner'
            and exists (select from public.bookings booking where booking.id = claim.booking_id and booking.status = 'completed')
        )
    then
        perform private.refuse(
            'PT422', 'bad_party',
            'Only a learner or an instructor can be a no-show, and no learner of a lesson that is completed.',
            'Send learner or instructor as p_no_show_by, or null if nothing is proven.'
        );
    end if;
    return claim;
end;
$$;

-- Whether the caller, an admin, is too close to a claim to decide about it.
create function private.is_biased(p_claim public.lesson_claims)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.lesson_claims claim
        join public.instructors instructor on instructor.org_id = claim.org_id and instructor.id = claim.instructor_id
        where claim.booking_id = p_claim.booking_id
            and claim.status in ('open', 'undecided')
            and (
                private.my_user_id() in (claim.claimed_by, claim.contested_by, instructor.user_id)
                or claim.learner_id = any (private.my_family_ids())
                or (
                    not private.is_platform_admin()
                    and (claim.claimant = 'admin' or claim.decision_due_at <= private.clock())
                )
            )
    );
$$;

-- Settles a claim as it was made.
create function private.uphold_claim(
    p_claim public.lesson_claims,
    p_party public.booking_party,
    p_person_id uuid,
    p_reason text
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.lesson_claims
    set status = 'upheld',
        decided_by = p_party,
        decided_by_person = p_person_id,
        decided_at = private.clock(),
        reason = p_reason
    where org_id = p_claim.org_id
        and id = p_claim.id;
    perform private.end_as_no_show(p_claim, p_claim.no_show_by);
end;
$$;

-- Ends a booking whose claim was settled: 82_effects refunds what is due or credits the instructor, and settles its other claims.
create function private.end_as_no_show(p_claim public.lesson_claims, p_who public.booking_party)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.bookings
    set status = 'no_show',
        no_show_by = p_who
    where org_id = p_claim.org_id
        and id = p_claim.booking_id;
    perform private.tell_of_decision(
        p_claim,
        case p_who
            when 'instructor' then 'The instructor did not come to a lesson. The learner is refunded in full.'
            else 'The learner did not come to a lesson. It is paid like one that was given.'
        end
    );
end;
$$;

-- Tells both sides how a claim was settled.
create function private.tell_of_decision(p_claim public.lesson_claims, p_message text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.raise_alert(
        p_claim.org_id, p_claim.instructor_id, 'no_show_settled', p_message,
        'lesson_claims', p_claim.id, format('claim:%s:settled', p_claim.id), p_claim.learner_id
    );
$$;

-- Settles the claims of a booking that has ended: what is said of who did not come is upheld if that is how it ended. 82_effects calls it.
create function private.close_claims(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.lesson_claims
    set status = case
            when p_booking.status = 'cancelled' then 'withdrawn'
            when no_show_by = p_booking.no_show_by then 'upheld'
            else 'dismissed'
        end::public.lesson_claim_status,
        decided_by = 'system',
        decided_at = private.clock(),
        reason = 'The booking has ended.'
    where org_id = p_booking.org_id
        and booking_id = p_booking.id
        and status in ('open', 'undecided');
end;
$$;
