-- Takes a learner's name, contacts, places, notes and reasons away, and the login, and ends the learner's own code; the lessons
-- and the money stay.
create function private.anonymise_learner(p_learner_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    update public.bookings
    set learner_notes = null,
        pickup_address = null,
        pickup_lat = null,
        pickup_lng = null,
        dropoff_address = null,
        dropoff_lat = null,
        dropoff_lng = null,
        cancellation_reason = null
    where learner_id = p_learner_id;
    update public.booking_notes note
    set notes = null
    from public.bookings booking
    where booking.id = note.booking_id
        and booking.learner_id = p_learner_id;
    update public.refunds set reason = 'Erased' where learner_id = p_learner_id and requested_by is not null;
    update public.referral_codes set is_active = false where referrer_id = p_learner_id and is_active;
    update public.lessons set review = null, notes = null where learner_id = p_learner_id;
    update public.learner_details set date_of_birth = null, notes = null where learner_id = p_learner_id;
    update public.learner_guardians
    set revoked_at = coalesce(revoked_at, private.clock()),
        guardian_email = 'erased@invalid',
        relation = null
    where learner_id = p_learner_id;
    update public.learners
    set full_name = 'Erased learner',
        email = null,
        phone = null,
        learning_goals = '{}',
        interests = '{}',
        user_id = null
    where id = p_learner_id;
$$;
