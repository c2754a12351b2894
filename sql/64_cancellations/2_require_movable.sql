-- Refuses to reschedule what is not confirmed, and by a learner what could not be cancelled for everything back, or the policy
-- could be walked around. An authorization must outlast the lesson that it pays for.
create function private.require_movable(p_booking public.bookings, p_start_at timestamptz)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if p_booking.status <> 'confirmed' or p_booking.start_at <= private.clock() then
        perform private.refuse(
            'PT409', 'booking_not_movable',
            'Only a confirmed booking that has not begun can be rescheduled.',
            'Reload the booking.'
        );
    end if;
    if p_booking.start_at = p_start_at then
        perform private.refuse(
            'PT422', 'same_time',
            'That is when the lesson is already.',
            'Choose another time.'
        );
    end if;
    if private.party_of(p_booking) in ('learner', 'guardian') and private.refund_bps(p_booking) < 10000 then
        perform private.refuse(
            'PT409', 'too_late_to_reschedule',
            'It is too late to reschedule this lesson yourself.',
            'Ask the instructor, or see preview_cancellation.'
        );
    end if;
    if exists (
        select
        from public.payments payment
        where payment.booking_id = p_booking.id
            and payment.is_accepted
            and (
                payment.is_disputed
                or (
                    payment.status = 'authorized'
                    and p_start_at + (p_booking.end_at - p_booking.start_at) > payment.authorized_at + interval '6 days'
                )
            )
    ) then
        perform private.refuse(
            'PT409', 'payment_does_not_last',
            'The payment of this lesson cannot be kept for that time.',
            'Choose an earlier time, or cancel and book again.'
        );
    end if;
end;
$$;
