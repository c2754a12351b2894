-- Reserves the prepaid minutes that a booking's price was made of, under the locks of the lots.
create function private.reserve_credit(p_booking public.bookings, p_service public.services)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    part private.credit_part;
    reserved_cents bigint := 0;
begin
    perform
    from public.learner_credits lot
    where lot.learner_id = p_booking.learner_id
        and lot.instructor_id = p_booking.instructor_id
        and lot.status = 'active'
    order by lot.id
    for no key update;

    for part in
        select planned.*
        from private.plan_credit(
            p_booking.learner_id, p_booking.instructor_id, p_booking.service_id,
            private.is_hourly(p_service, p_booking.start_at), p_booking.currency, p_service.duration_minutes
        ) planned
    loop
        perform private.move_credit(part, 'reserve', p_booking.id, null);
        reserved_cents := reserved_cents + part.share_cents + part.fee_cents - part.discount_cents;
    end loop;

    if reserved_cents <> p_booking.credit_applied_cents
        or not exists (select from private.reserved_credit(p_booking.id))
    then
        perform private.refuse(
            'PT409', 'credit_changed',
            'Your prepaid hours have just changed.',
            'Try again.'
        );
    end if;
end;
$$;
