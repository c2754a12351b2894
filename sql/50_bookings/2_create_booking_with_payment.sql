-- Books a published slot for the caller: held until it is paid for, or confirmed at once when nothing is due.
-- Definer: learners may not write slots or bookings themselves; the price comes from the service.
create function private.create_booking_with_payment(
    p_learner_user_id uuid,
    p_slot_id uuid,
    p_notes text,
    p_client_key text
)
    returns public.bookings
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    slot public.bookable_slots;
    booking public.bookings;
begin
    if p_learner_user_id is distinct from private.require_person() then
        perform private.refuse(
            '42501', 'not_yourself',
            'You can book lessons for yourself only.',
            'Send your own user id as p_learner_user_id.'
        );
    end if;
    select * into slot from public.bookable_slots where id = p_slot_id;
    if not found then
        perform private.refuse(
            'PT404', 'slot_not_found',
            'That time does not exist.',
            'Refresh the calendar and choose another time.'
        );
    end if;

    booking := private.hold_slot(
        p_slot_id,
        private.ensure_learner(p_learner_user_id, slot.org_id),
        p_notes,
        p_client_key
    );
    if booking.status = 'held' and booking.due_cents = 0 then
        update public.bookings
        set status = 'confirmed',
            hold_expires_at = null
        where id = booking.id
        returning * into booking;
    end if;
    return booking;
end;
$$;
