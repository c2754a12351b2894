-- The instructor and the service whose times the caller may publish: one's own, or of a school that one administers.
create function private.require_service_to_publish(p_service_id uuid, p_instructor_id uuid)
    returns public.instructors
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    instructor public.instructors;
begin
    perform private.require_person();

    select candidate.* into instructor
    from public.services service
    join public.instructors candidate
        on candidate.org_id = service.org_id
        and candidate.id = coalesce(p_instructor_id, service.instructor_id)
    where service.id = p_service_id
        and (service.instructor_id is null or service.instructor_id = candidate.id)
        and (candidate.user_id = private.my_user_id() or candidate.org_id = any (private.my_admin_org_ids()));

    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'There is no such lesson that you can publish times for.',
            'Check the service, and name the instructor if the school offers it.'
        );
    end if;
    return instructor;
end;
$$;
