-- A school can book for its learners, but it neither fills an adult's calendar nor spends what is theirs: such a booking is proposed. It
-- keeps the instructor's time until the learner, or a guardian who may book, accepts or declines it, or it lapses.

-- True if a booking waits for the learner's word: somebody books for an adult with a login who is neither the learner nor a guardian with
-- the right to book. Refuses to spend prepaid hours, codes or rewards of such a learner. A replacement is no new booking.
create function private.waits_for_the_learner(p_learner public.learners, p_request private.booking_request)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.my_user_id();
begin
    if p_request.original_booking_id is not null
        or p_learner.user_id is null
        or p_learner.user_id = person
        or p_learner.id = any (private.ward_ids(person, 'book'))
        or private.is_minor(private.date_of_birth_of(p_learner.id))
    then
        return false;
    end if;
    if p_request.uses_credit or p_request.uses_rewards or p_request.discount_code is not null then
        perform private.refuse(
            'PT422', 'learner_spends',
            'Prepaid hours, codes and rewards are spent by the learner.',
            'Leave them out, or let the learner book.'
        );
    end if;
    return true;
end;
$$;

-- When a proposal sent now lapses: after 48 hours, and 24 hours before the lesson at the latest; one that is sent later than that after
-- two hours, and with the start of the lesson at the latest.
create function private.proposal_expires_at(p_start_at timestamptz)
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select greatest(
        least(private.clock() + interval '48 hours', p_start_at - interval '24 hours'),
        least(private.clock() + interval '2 hours', p_start_at)
    );
$$;

-- The learner accepts: the booking takes its place in the learner's calendar, and is held until it is paid, or confirmed at once if nothing
-- is due. Definer: bookings change only through functions.
create function private.accept_proposal(p_booking_id uuid)
    returns public.booking_status
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_proposal(p_booking_id);
    organization public.organizations;
begin
    select * into strict organization from public.organizations where id = booking.org_id;
    perform private.expire_holds(booking.slot_id, booking.learner_person_id);
    perform private.assert_may_hold(booking.learner_person_id, booking.series_id, organization.max_open_holds);

    update public.bookings
    set status = case when booking.due_cents = 0 then 'confirmed' else 'held' end::public.booking_status,
        hold_expires_at = case
            when booking.due_cents > 0 then least(
                private.clock() + make_interval(mins => organization.checkout_hold_minutes),
                booking.start_at
            )
        end,
        early_start_requested_at = private.early_start_requested_at(booking.start_at, organization.withdrawal_mode)
    where org_id = booking.org_id
        and id = booking.id
    returning * into booking;
    return booking.status;
exception
    when exclusion_violation then
        perform private.refuse(
            'PT409', 'learner_busy',
            'You already have a lesson at that time.',
            'Cancel or move it first, or decline this one.'
        );
        return null;
end;
$$;

-- The learner turns a proposal down, which frees the time and costs nothing. Definer: bookings change only through functions.
create function private.decline_proposal(p_booking_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_proposal(p_booking_id);
begin
    update public.bookings
    set status = 'declined',
        hold_expires_at = null
    where org_id = booking.org_id
        and id = booking.id;
end;
$$;

-- Returns the proposed booking, locked with its order and its learner, if the caller is the learner or a guardian who may book and it has not lapsed.
create function private.require_proposal(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    booking public.bookings;
begin
    perform private.lock_bookings(array[p_booking_id]);
    perform private.lock_learner((select known.learner_id from public.bookings known where known.id = p_booking_id));
    select * into booking
    from public.bookings
    where id = p_booking_id
        and (learner_id = any (private.my_learner_ids()) or learner_id = any (private.ward_ids(person, 'book')));

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such booking.',
            'Check the booking''s id, and that you are signed in as the right person.'
        );
    end if;
    if booking.status <> 'proposed' or booking.hold_expires_at <= private.clock() then
        perform private.refuse(
            'PT409', 'booking_not_proposed',
            format('This booking is %s, so it waits for no answer of yours.', booking.status),
            'Reload the booking. A proposal that has lapsed can be booked anew.'
        );
    end if;
    return booking;
end;
$$;
