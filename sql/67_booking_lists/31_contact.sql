-- How the instructor of a lesson is reached on the day: for the learner and guardians who may view, while the booking is confirmed or under
-- way. Definer: learners may not read instructor_details.
create function private.instructor_contact(p_booking_id uuid)
    returns table (display_name text, phone text)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    return query
    select instructor.display_name, details.phone
    from public.bookings booking
    join public.instructors instructor on instructor.org_id = booking.org_id and instructor.id = booking.instructor_id
    join public.instructor_details details on details.org_id = booking.org_id and details.instructor_id = booking.instructor_id
    where booking.id = p_booking_id
        and booking.learner_id = any (private.my_family_ids())
        and booking.status in ('confirmed', 'in_progress');

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such confirmed booking.',
            'Check the id, and that the booking is paid and still ahead.'
        );
    end if;
end;
$$;
