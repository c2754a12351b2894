grant select on public.booking_details to authenticated;
grant execute on function private.list_bookings to authenticated;
grant execute on function private.my_booking_ids to authenticated;
grant execute on function private.instructor_day_ids to authenticated;
grant execute on function private.organization_booking_ids to authenticated;
grant execute on function public.my_bookings to authenticated;
grant execute on function public.instructor_day to authenticated;
grant execute on function public.organization_bookings to authenticated;
grant execute on function private.to_complete_ids to authenticated;
grant execute on function public.lessons_to_complete to authenticated;
grant execute on function private.lesson_materials to authenticated;
grant execute on function public.lesson_materials to authenticated;
grant execute on function private.instructor_contact to authenticated;
grant execute on function public.instructor_contact to authenticated;
grant execute on function private.my_payments to authenticated;
grant execute on function public.my_payments to authenticated;

grant select on public.learner_totals to authenticated;

grant execute on function private.receipt_for to webhook_service;
