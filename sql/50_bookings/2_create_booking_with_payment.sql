-- Books a published slot: held until it is paid for, or confirmed at once when nothing is due.
-- Definer: learners may not write slots or bookings themselves; the price comes from the service.
create function private.create_booking_with_payment(
    p_learner_user_id uuid,
    p_slot_id uuid,
    p_learner_id uuid,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    slot public.bookable_slots;
begin
    perform private.require_person();
    select * into slot
    from public.bookable_slots
    where id = p_slot_id
        and is_published;
    if not found then
        perform private.refuse(
            'PT404', 'slot_not_found',
            'That time does not exist.',
            'Refresh the calendar and choose another time.'
        );
    end if;

    return private.book_slot(
        slot,
        private.require_bookable_learner(p_learner_user_id, p_learner_id, slot.org_id),
        p_request
    );
end;
$$;
