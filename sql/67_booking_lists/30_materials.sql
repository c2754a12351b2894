-- The link to what a booked lesson is taught with; null if there is none. For the learner and guardians who may view, once the booking
-- is confirmed. Definer: who books may not read the materials of services.
create function private.lesson_materials(p_booking_id uuid)
    returns text
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    materials public.service_materials;
begin
    perform private.require_person();
    select known.* into materials
    from public.bookings booking
    join public.service_materials known on known.org_id = booking.org_id and known.service_id = booking.service_id
    where booking.id = p_booking_id
        and booking.learner_id = any (private.my_family_ids())
        and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show');

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such confirmed booking.',
            'Check the id, and that the booking is paid.'
        );
    end if;
    return materials.materials_url;
end;
$$;
