-- Records that the learner or the instructor did not come, from 15 minutes after the lesson's start. The learner's no-show is reported
-- by the instructor or an admin, and earned like a given lesson. The instructor's may also be reported by the learner while the
-- lesson has not been started, is refunded in full, and alerts the admins.
-- Definer: bookings change only through functions.
create function private.mark_no_show(p_booking_id uuid, p_who public.booking_party)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
begin
    if coalesce(p_who not in ('learner', 'instructor'), true) then
        perform private.refuse(
            'PT422', 'bad_party',
            'Only a learner or an instructor can be a no-show.',
            'Send learner or instructor as p_who.'
        );
    end if;
    if party in ('learner', 'guardian') and (p_who = 'learner' or booking.status <> 'confirmed') then
        perform private.refuse(
            '42501', 'cannot_report_no_show',
            'Only the instructor or an admin can report this no-show.',
            'Cancel the booking, or report a problem after the lesson.'
        );
    end if;
    if booking.status not in ('confirmed', 'in_progress') then
        perform private.refuse(
            'PT409', 'booking_not_confirmed',
            format('Only a confirmed booking can be marked as a no-show; this one is %s.', booking.status),
            'Reload the booking.'
        );
    end if;
    if private.clock() < booking.start_at + interval '15 minutes' then
        perform private.refuse(
            'PT422', 'too_early',
            'It is too early to report a no-show: somebody may still come.',
            'Wait until 15 minutes after the lesson''s start.'
        );
    end if;

    update public.bookings set status = 'no_show', no_show_by = p_who where id = booking.id;
    if p_who = 'instructor' then
        perform private.raise_alert(
            booking.org_id, booking.instructor_id, 'instructor_no_show',
            'An instructor did not come to a lesson. The learner is refunded in full.',
            'bookings', booking.id, format('booking:%s:no_show', booking.id)
        );
    end if;
end;
$$;
