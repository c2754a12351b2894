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

create trigger settle_credit
    after update of status on public.bookings
    for each row
    when (
        new.credit_applied_cents > 0
        and new.status in ('completed', 'no_show', 'cancelled', 'declined', 'expired')
        and old.status <> new.status
    )
    execute function private.settle_booking_credit();

create trigger add_cancellation_policy
    after insert on public.organizations
    for each row execute function private.add_cancellation_policy();

create trigger forbid_change
    before update or delete on public.cancellation_policies
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.cancellation_policies
    for each statement execute function private.forbid_change();

create trigger forbid_change
    before update or delete on public.cancellation_tiers
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.cancellation_tiers
    for each statement execute function private.forbid_change();

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

select private.audit_table('public.cancellation_policies', 'id');
select private.audit_table('public.booking_series', 'id');
select private.audit_table(
    'public.bookings', 'id',
    '{pickup_address,pickup_lat,pickup_lng,dropoff_address,dropoff_lat,dropoff_lng,learner_notes,cancellation_reason}'
);
select private.audit_table('public.booking_notes', 'booking_id', '{notes}');
