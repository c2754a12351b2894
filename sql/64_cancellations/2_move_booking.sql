-- Books the other time. Where nothing more is due the old time is given up first, so that the new one may overlap it; where
-- something is, the old one stays until that is paid. Of a cheaper time the difference goes back, by the way it came.
create function private.move_booking(
    p_booking public.bookings,
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz,
    p_client_key text
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    learner public.learners;
    moved public.bookings;
    terms private.booking_terms;
    payment public.payments;
    request constant private.booking_request := row(
        p_booking.learner_notes, p_client_key, null, null, null, false, p_booking.credit_applied_cents > 0,
        p_booking.series_id, p_booking.id
    );
begin
    select * into strict learner from public.learners where id = p_booking.learner_id;
    if p_booking.credit_applied_cents = 0 then
        terms := private.agree_terms(p_service, p_instructor, p_start_at, learner, request);
    end if;
    if coalesce((terms.price).total_cents <= p_booking.total_cents, true) then
        perform private.leave_booking(p_booking.id, private.party_of(p_booking));
    end if;

    moved := private.book_slot(private.make_slot(p_service, p_instructor, p_start_at), learner, request);
    update public.bookings
    set pickup_address = p_booking.pickup_address,
        pickup_lat = p_booking.pickup_lat,
        pickup_lng = p_booking.pickup_lng,
        dropoff_address = p_booking.dropoff_address,
        dropoff_lat = p_booking.dropoff_lat,
        dropoff_lng = p_booking.dropoff_lng
    where id = moved.id
    returning * into moved;
    return moved;
end;
$$;
