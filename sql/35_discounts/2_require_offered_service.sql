-- The active service, if the instructor gives it; without one, only a service that has its own.
create function private.require_offered_service(p_service_id uuid, p_instructor_id uuid)
    returns public.services
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    service public.services;
begin
    select offered.* into service
    from public.services offered
    join public.instructors instructor
        on instructor.org_id = offered.org_id
        and instructor.id = coalesce(p_instructor_id, offered.instructor_id)
    where offered.id = p_service_id
        and offered.is_active
        and instructor.id = coalesce(offered.instructor_id, instructor.id);

    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This lesson is not on offer, or not by this instructor.',
            'Check the service, and name the instructor if the school offers it.'
        );
    end if;
    return service;
end;
$$;
