create view private.instructors_are_never_double_booked
    with (security_invoker = true)
as
select jsonb_build_object('slot_id', slot.id, 'other_slot_id', other.id) as detail
from public.bookable_slots slot
join public.instructors instructor on instructor.org_id = slot.org_id and instructor.id = slot.instructor_id
join public.instructors same_person
    on coalesce(same_person.user_id, same_person.id) = coalesce(instructor.user_id, instructor.id)
join public.bookable_slots other
    on other.instructor_id = same_person.id
    and other.start_at >= slot.start_at
    and other.start_at < slot.end_at
    and (other.start_at, other.id) > (slot.start_at, slot.id)
where slot.current_bookings > 0
    and other.current_bookings > 0
    and private.seats_taken(slot.id) > 0
    and private.seats_taken(other.id) > 0
    and not exists (
        select
        from private.person_calendar one
        join private.person_calendar two on two.chain_id = one.chain_id
        where one.slot_id = slot.id
            and two.slot_id = other.id
    );

comment on view private.instructors_are_never_double_booked is
    'Nobody teaches in two places at once, in one organization or in two, but where a login was linked or an original waits for its '
    'replacement: those are of one chain.';
