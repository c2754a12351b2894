-- Books a slot for a learner, once a client key. What a race or a rule of the tables refuses becomes a coded refusal.
create function private.book_slot(
    p_slot public.bookable_slots,
    p_learner public.learners,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    booking public.bookings := private.repeat_of_request(
        p_learner.id, p_request.client_key, p_slot.service_id, p_slot.instructor_id, p_slot.start_at
    );
    broken_rule text;
begin
    if booking.id is not null then
        return booking;
    end if;
    perform private.check_place(p_request.pickup);
    perform private.check_place(p_request.dropoff);
    return private.hold_slot(p_slot.id, p_learner, p_request);
exception
    when exclusion_violation or deadlock_detected or serialization_failure then
        perform private.refuse_taken_slot();
        return null;
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
    when numeric_value_out_of_range then
        perform private.refuse_violation('places_are_on_earth');
        return null;
end;
$$;
