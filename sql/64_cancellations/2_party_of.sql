-- As what the caller ends a booking: the learner, a guardian who may book, its instructor or an admin; null for anybody else.
-- Who is several of these is the first: an admin's own booking is cancelled by the policy.
create function private.party_of(p_booking public.bookings)
    returns public.booking_party
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select case
        when p_booking.learner_id = any (private.my_learner_ids()) then 'learner'
        when p_booking.learner_id = any (private.ward_ids(private.my_user_id(), 'book')) then 'guardian'
        when p_booking.instructor_id = any (private.my_instructor_ids()) then 'instructor'
        when p_booking.org_id = any (private.my_admin_org_ids()) then 'admin'
    end::public.booking_party;
$$;
