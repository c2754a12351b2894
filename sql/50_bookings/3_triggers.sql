create trigger enforce_transition
    before insert or update of status on public.bookings
    for each row execute function private.enforce_status_transition('booking');

create trigger forbid_repricing
    before update on public.bookings
    for each row execute function private.forbid_repricing();

create trigger take_seat
    before insert or update of status on public.bookings
    for each row execute function private.take_seat();

create trigger touch_updated_at
    before update on public.bookings
    for each row execute function private.touch_updated_at();

create trigger free_seat
    after update of status on public.bookings
    for each row execute function private.free_seat();

create trigger add_relations
    after insert on public.bookings
    for each row execute function private.add_booking_relations();

create trigger touch_updated_at
    before update on public.booking_notes
    for each row execute function private.touch_updated_at();

create trigger follow_person
    after update of user_id on public.learners
    for each row
    when (new.user_id is distinct from old.user_id)
    execute function private.follow_learner();

create trigger follow_person
    after update of user_id on public.instructors
    for each row
    when (new.user_id is distinct from old.user_id)
    execute function private.follow_instructor();

select private.audit_table('public.booking_series', 'id');
select private.audit_table(
    'public.bookings', 'id',
    '{pickup_address,pickup_lat,pickup_lng,dropoff_address,dropoff_lat,dropoff_lng,learner_notes,cancellation_reason}'
);
select private.audit_table('public.booking_notes', 'booking_id', '{notes}');
