-- Moves a confirmed booking to another time of its service: what was paid comes along, a dearer time is paid for before it is
-- the learner's, and of a cheaper one the difference goes back.
-- Definer: bookings change only through functions.
create function private.reschedule_booking(p_booking_id uuid, p_start_at timestamptz, p_client_key text)
    returns table (booking public.bookings, refund_cents bigint)
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    old public.bookings;
    service public.services;
    instructor public.instructors;
    moved public.bookings;
begin
    perform private.lock_learner((select known.learner_id from public.bookings known where known.id = p_booking_id));
    old := private.require_party(p_booking_id);
    moved := private.repeat_of_request(old.learner_id, p_client_key, old.service_id, old.instructor_id, p_start_at);
    if moved.id is null then
        select * into strict service from public.services where id = old.service_id;
        select * into strict instructor from public.instructors where id = old.instructor_id;
        perform private.require_movable(old, p_start_at);
        perform private.check_slot_is_bookable(p_start_at, service, instructor);
        perform private.lock_daily_cap(instructor);
        moved := private.move_booking(old, service, instructor, p_start_at, p_client_key);
    end if;
    return query
    select
        moved,
        case
            when moved.moved_cents = 0 then 0
            when moved.is_fee_refundable then greatest(old.total_cents - moved.total_cents, 0)
            else greatest(
                least(old.instructor_share_cents, old.total_cents) - least(moved.instructor_share_cents, moved.total_cents), 0
            )
        end;
end;
$$;
