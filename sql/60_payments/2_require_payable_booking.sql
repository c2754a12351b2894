-- The person's own booking, or one of a learner whose guardian may pay, locked, if it can be paid for now. A foreign one is as
-- unknown as one that does not exist.
create function private.require_payable_booking(p_user_id uuid, p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    booking public.bookings;
begin
    select * into booking
    from public.bookings
    where id = p_booking_id
        and (
            learner_id in (select learner.id from public.learners learner where learner.user_id = p_user_id)
            or learner_id = any (private.ward_ids(p_user_id, 'pay'))
        )
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such booking.',
            'Check the booking''s id, and that you are signed in as the learner, or a guardian who may pay.'
        );
    end if;
    if booking.status = 'expired' or (booking.status = 'held' and booking.hold_expires_at <= private.clock()) then
        perform private.refuse(
            'PT409', 'hold_expired',
            'The time was kept for you until now, but not longer.',
            'Book it again, if it is still free.'
        );
    end if;
    if booking.status <> 'held' then
        perform private.refuse(
            'PT409', 'booking_not_payable',
            format('This booking is %s, so there is nothing to pay.', booking.status),
            'Reload the booking.'
        );
    end if;
    return booking;
end;
$$;
