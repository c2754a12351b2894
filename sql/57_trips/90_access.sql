create policy select_party on public.trips
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.trips to authenticated, service_role;

create policy select_family_or_admin on public.trip_consents
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.trip_consents to authenticated, service_role;

grant execute on function private.set_trip_consent to authenticated;
grant execute on function public.set_trip_consent to authenticated;
grant execute on function private.start_trip to authenticated;
grant execute on function public.start_trip to authenticated;
grant execute on function private.record_trip_points to authenticated;
grant execute on function public.record_trip_points to authenticated;
grant execute on function private.finish_trip to authenticated;
grant execute on function public.finish_trip to authenticated;
grant execute on function private.trip_geojson to authenticated;
grant execute on function public.trip_geojson to authenticated;
grant execute on function private.list_trip_points to authenticated;
grant execute on function public.list_trip_points to authenticated;
