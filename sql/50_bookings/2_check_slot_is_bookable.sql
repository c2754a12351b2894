-- Refuses a time that the rules of its service and instructor do not let be booked now, by anybody.
create function private.check_slot_is_bookable(
    p_start_at timestamptz,
    p_service public.services,
    p_instructor public.instructors
)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if not coalesce(isfinite(p_start_at) and p_start_at > private.clock(), false) then
        perform private.refuse(
            'PT422', 'slot_in_the_past',
            'That lesson has started already.',
            'Choose a time in the future.'
        );
    end if;
    if not p_service.is_active then
        perform private.refuse(
            'PT409', 'service_inactive',
            'This lesson is not offered any more.',
            'Choose another lesson.'
        );
    end if;
    if not (p_instructor.is_active and p_instructor.is_available and p_instructor.verification_status = 'verified') then
        perform private.refuse(
            'PT409', 'instructor_unavailable',
            'This instructor takes no bookings at the moment.',
            'Choose another instructor, or try again later.'
        );
    end if;
    if p_start_at < private.clock() + make_interval(mins => p_instructor.minimum_notice_minutes) then
        perform private.refuse(
            'PT422', 'too_short_notice',
            format('This instructor needs %s minutes'' notice.', p_instructor.minimum_notice_minutes),
            'Choose a later time.'
        );
    end if;
    if p_start_at > private.clock() + make_interval(hours => 24 * p_instructor.horizon_days) then
        perform private.refuse(
            'PT422', 'too_far_ahead',
            format('This instructor can be booked up to %s days ahead.', p_instructor.horizon_days),
            'Choose an earlier time.'
        );
    end if;
end;
$$;
