create function private.require_cancellable(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if p_booking.status not in ('held', 'requested', 'confirmed', 'in_progress') then
        perform private.refuse(
            'PT409', 'booking_not_cancellable',
            format('This booking is %s, so it cannot be cancelled.', p_booking.status),
            'Reload the booking. For a lesson that was given, ask for a refund.'
        );
    end if;
end;
$$;
