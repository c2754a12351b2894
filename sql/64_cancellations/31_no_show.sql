-- Says that somebody did not come, from a quarter of an hour after the lesson's start. The learner's no-show is said by the
-- instructor or an admin, and earned as the lesson; the instructor's also by the learner while the lesson was not started, and
-- refunded in full.
-- Definer: bookings change only through functions.
create function private.mark_no_show(p_booking_id uuid, p_who public.booking_party)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
begin
    if coalesce(p_who not in ('learner', 'instructor'), true) then
        perform private.refuse(
            'PT422', 'bad_party',
            'Only a learner or an instructor can fail to come.',
            'Send learner or instructor as p_who.'
        );
    end if;
    if party in ('learner', 'guardian') and (p_who = 'learner' or booking.status <> 'confirmed') then
        perform private.refuse(
            '42501', 'cannot_report_no_show',
            'The instructor says whether the learner came.',
            'Cancel the booking, or report a problem after the lesson.'
        );
    end if;
    if booking.status not in ('confirmed', 'in_progress') then
        perform private.refuse(
            'PT409', 'booking_not_confirmed',
            format('This booking is %s, so nobody was awaited.', booking.status),
            'Reload the booking.'
        );
    end if;
    if private.clock() < booking.start_at + interval '15 minutes' then
        perform private.refuse(
            'PT422', 'too_early',
            'Somebody may still come.',
            'Wait for a quarter of an hour after the lesson''s start.'
        );
    end if;

    update public.bookings set status = 'no_show', no_show_by = p_who where id = booking.id;
    if p_who = 'instructor' then
        perform private.raise_alert(
            booking.org_id, booking.instructor_id, 'instructor_no_show',
            'A lesson was marked as missed by its instructor, and is refunded.',
            'bookings', booking.id, format('booking:%s:no_show', booking.id)
        );
    end if;
end;
$$;
