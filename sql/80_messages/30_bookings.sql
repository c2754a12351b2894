-- What is told of a booking that was made or has changed its status, and what is planned for later. p_old is null when it was made.
-- 82_effects calls it.
create function private.tell_of_booking(p_old public.bookings, p_new public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    was_booked constant boolean := coalesce(p_old.status in ('confirmed', 'in_progress'), false);
    is_move constant boolean := p_new.original_booking_id is not null;
begin
    if p_old.id is not null then
        delete from private.planned_messages where org_id = p_new.org_id and booking_id = p_new.id;
    end if;

    if p_new.status = 'confirmed' then
        perform private.tell_both_sides(case when is_move then 'booking_moved' else 'booking_confirmed' end, p_new);
        perform private.plan_lesson(p_new);
    elsif p_new.status = 'in_progress' then
        perform private.plan_message(p_new, 'lesson_not_completed', p_new.end_at + interval '15 minutes', p_new.end_at);
    elsif p_new.status = 'requested' then
        perform private.tell_instructor_side('booking_requested', p_new);
        perform private.plan_hold(p_new);
    elsif p_new.status = 'proposed' then
        if not is_move then
            perform private.tell_learner_side(case when p_new.booked_by is null then 'time_offered' else 'lesson_proposed' end, p_new);
        end if;
        perform private.plan_hold(p_new);
    elsif p_new.status = 'held' and p_new.is_collected_later then
        perform private.tell_both_sides('lesson_reserved', p_new);
    elsif p_new.status = 'held' then
        if p_old.status in ('requested', 'proposed') then
            perform private.tell_learner_side('booking_accepted', p_new);
        end if;
        perform private.plan_hold(p_new);
    elsif p_new.status in ('declined', 'expired') and is_move then
        perform private.tell_both_sides('move_not_made', p_new);
    elsif p_new.status = 'declined' then
        perform private.tell_both_sides('booking_declined', p_new);
    elsif p_new.status = 'expired' and p_old.status = 'held' and p_old.is_collected_later then
        perform private.tell_both_sides('booking_expired', p_new);
    elsif p_new.status = 'expired' then
        perform private.tell_learner_side('booking_expired', p_new);
    elsif p_new.status = 'cancelled' and was_booked and not p_new.is_rescheduled then
        perform private.tell_both_sides('booking_cancelled', p_new);
    elsif p_new.status = 'cancelled' and not p_new.is_rescheduled and not is_move then
        perform private.tell_of_withdrawal(p_old, p_new);
    elsif p_new.status = 'completed' then
        perform private.tell_learner_side('rating_invited', p_new);
        perform private.recommend(p_new);
    end if;
end;
$$;

-- Tells of a booking that was cancelled before it was confirmed: the learner's side unless it was theirs to cancel, and an instructor who had
-- been asked for it or told of it, or had offered it, unless they cancelled it. What replaces a lesson goes with that lesson, which is told of.
create function private.tell_of_withdrawal(p_old public.bookings, p_new public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_new.cancelled_by not in ('learner', 'guardian') then
        perform private.tell_learner_side('booking_cancelled', p_new);
    end if;
    if ((p_old.status in ('requested', 'proposed') and p_old.booked_by is not null) or p_old.is_collected_later)
        and p_new.cancelled_by <> 'instructor'
    then
        perform private.tell_instructor_side('booking_cancelled', p_new);
    end if;
end;
$$;

-- Tells the learner's side and whose card it is that a lesson could not be charged to it, for every try. 82_effects calls it.
create function private.tell_of_failed_collection(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.queue_messages(
        p_booking.org_id, 'lesson_not_collected',
        array_remove(array_append(private.learner_side(p_booking.learner_id), private.payer_of_collection(p_booking)), null),
        p_booking.learner_id, 'bookings', p_booking.id, p_booking.collection_tries::text
    );
$$;

-- Plans a message of a booking, unless its time has passed.
create function private.plan_message(p_booking public.bookings, p_kind text, p_due_at timestamptz, p_about_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into private.planned_messages (org_id, booking_id, kind, due_at, about_at)
    select p_booking.org_id, p_booking.id, p_kind, p_due_at, p_about_at
    where p_due_at > private.clock()
    on conflict (org_id, booking_id, kind, due_at) do nothing;
end;
$$;

-- Plans the reminders of a lesson, as long before it as the organization says, and the question what became of it.
create function private.plan_lesson(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.plan_reminders(p_booking);
    perform private.plan_message(p_booking, 'lesson_not_completed', p_booking.end_at + interval '15 minutes', p_booking.end_at);
end;
$$;

-- Plans the reminders of a lesson.
create function private.plan_reminders(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.plan_message(
        p_booking, 'lesson_reminder', p_booking.start_at - make_interval(mins => lead.minutes), p_booking.start_at
    )
    from public.organizations organization
    cross join lateral unnest(organization.reminder_minutes) lead (minutes)
    where organization.id = p_booking.org_id;
end;
$$;

-- Plans the reminders of all lessons ahead anew, once an organization reminds of them at other times. 82_effects calls it.
create function private.plan_reminders_anew(p_org_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    delete from private.planned_messages where org_id = p_org_id and kind = 'lesson_reminder';
    perform private.plan_reminders(booking)
    from public.bookings booking
    where booking.org_id = p_org_id
        and booking.status = 'confirmed'
        and booking.start_at > private.clock();
end;
$$;

-- Plans the warning that an unpaid or unanswered time will be given up, when two thirds of it are over. Of a lesson that is to move, only the
-- new time is.
create function private.plan_hold(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.plan_message(
        p_booking, case when p_booking.original_booking_id is null then 'hold_expiring' else 'move_expiring' end,
        private.clock() + (p_booking.hold_expires_at - private.clock()) * 2 / 3, p_booking.hold_expires_at
    );
end;
$$;

-- Whether a message about a booking is true as the booking is now. What was planned about one instant is not true of another.
create function private.is_booking_message_true(p_kind text, p_about_at timestamptz, p_booking public.bookings)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_kind
        when 'booking_requested' then p_booking.status = 'requested'
        when 'booking_accepted' then p_booking.status = 'held'
        when 'lesson_reserved' then p_booking.status = 'held'
        when 'lesson_not_collected' then p_booking.status = 'held' and p_booking.hold_expires_at > private.clock()
        when 'lesson_proposed' then p_booking.status = 'proposed'
        when 'time_offered' then p_booking.status = 'proposed'
        when 'booking_confirmed' then p_booking.status in ('confirmed', 'in_progress')
        when 'booking_moved' then p_booking.status in ('confirmed', 'in_progress')
        when 'booking_declined' then p_booking.status = 'declined'
        when 'booking_expired' then p_booking.status = 'expired'
        when 'move_not_made' then p_booking.status in ('declined', 'expired') and exists (
            select
            from public.bookings original
            where original.org_id = p_booking.org_id
                and original.id = p_booking.original_booking_id
                and original.status in ('confirmed', 'in_progress')
        )
        when 'booking_cancelled' then p_booking.status = 'cancelled'
        when 'rating_invited' then p_booking.status = 'completed'
        when 'recommend' then p_booking.status = 'completed'
        when 'lesson_reminder' then
            p_booking.status = 'confirmed' and p_booking.start_at = p_about_at and p_booking.start_at > private.clock()
        when 'lesson_not_completed' then
            p_booking.status in ('confirmed', 'in_progress') and p_booking.end_at = p_about_at
            and not private.has_open_claim(p_booking.id)
        else
            p_kind in ('hold_expiring', 'move_expiring')
            and p_booking.status in ('held', 'requested', 'proposed') and p_booking.hold_expires_at = p_about_at
            and p_booking.hold_expires_at > private.clock()
    end;
$$;

-- Tells both sides of a booking; of a hold that is about to expire only the side that can keep it.
create function private.tell_both_sides(
    p_kind text,
    p_booking public.bookings,
    p_about_at timestamptz default null,
    p_version text default ''
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_kind not in ('hold_expiring', 'move_expiring') or p_booking.status <> 'requested' then
        perform private.tell_learner_side(p_kind, p_booking, p_about_at, p_version);
    end if;
    if p_kind not in ('hold_expiring', 'move_expiring') or p_booking.status = 'requested' then
        perform private.tell_instructor_side(p_kind, p_booking, p_about_at, p_version);
    end if;
end;
$$;

-- Tells the learner, or their guardians, of a booking.
create function private.tell_learner_side(
    p_kind text,
    p_booking public.bookings,
    p_about_at timestamptz default null,
    p_version text default ''
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.queue_messages(
        p_booking.org_id, p_kind, private.learner_side(p_booking.learner_id), p_booking.learner_id,
        'bookings', p_booking.id, p_version, p_about_at
    );
end;
$$;

-- Tells the instructor of a booking.
create function private.tell_instructor_side(
    p_kind text,
    p_booking public.bookings,
    p_about_at timestamptz default null,
    p_version text default ''
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.queue_messages(
        p_booking.org_id, p_kind, private.instructor_side(p_booking.org_id, p_booking.instructor_id), null,
        'bookings', p_booking.id, p_version, p_about_at
    );
end;
$$;

-- Asks a learner to recommend the school, where it rewards that, after the first lesson. Marketing: only who has asked for it is told.
create function private.recommend(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.queue_messages(
        p_booking.org_id, 'recommend', array[learner.user_id], p_booking.learner_id, 'bookings', p_booking.id
    )
    from public.learners learner
    join public.organizations organization on organization.id = learner.org_id
    where learner.org_id = p_booking.org_id
        and learner.id = p_booking.learner_id
        and learner.user_id is not null
        and learner.lesson_count = 1
        and organization.referral_discount_bps > 0;
$$;
