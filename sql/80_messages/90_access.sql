create policy select_admin on public.message_templates
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

grant select on public.message_templates to authenticated, service_role;
-- NOTE: texts are saved by functions. The platform's own show in organization_templates, and change in Studio.

create policy select_recipient_or_admin on public.messages
    for select
    to authenticated
    using (
        recipient_id = (select private.my_user_id())
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.messages to authenticated, service_role;
-- NOTE: no write is granted: messages follow from what they tell, and only the jobs move them.

create policy select_recipient on public.message_contents
    for select
    to authenticated
    using (recipient_id = (select private.my_user_id()));

grant select on public.message_contents to authenticated, service_role;

grant select on public.message_log to authenticated;

grant execute on function private.my_notifications to authenticated;
grant execute on function public.my_notifications to authenticated;
grant execute on function private.mark_notifications_read to authenticated;
grant execute on function public.mark_notifications_read to authenticated;
grant execute on function private.my_message_preferences to authenticated;
grant execute on function public.my_message_preferences to authenticated;
grant execute on function private.set_message_preference to authenticated;
grant execute on function public.set_message_preference to authenticated;
grant execute on function private.send_phone_code to authenticated;
grant execute on function public.send_phone_code to authenticated;
grant execute on function private.confirm_phone to authenticated;
grant execute on function public.confirm_phone to authenticated;
grant execute on function private.replace_calendar_feed to authenticated;
grant execute on function public.replace_calendar_feed to authenticated;
grant execute on function private.end_calendar_feed to authenticated;
grant execute on function public.end_calendar_feed to authenticated;
grant execute on function private.save_message_template to authenticated;
grant execute on function public.save_message_template to authenticated;
grant execute on function private.delete_message_template to authenticated;
grant execute on function public.delete_message_template to authenticated;
grant execute on function private.organization_templates to authenticated;
grant execute on function public.organization_templates to authenticated;
grant execute on function private.admin_resend_message to authenticated;
grant execute on function public.admin_resend_message to authenticated;
grant execute on function private.admin_suppress_address to authenticated;
grant execute on function public.admin_suppress_address to authenticated;

grant execute on function private.claim_messages to jobs;
grant execute on function private.record_message_sent to jobs;
grant execute on function private.fail_message to jobs;
grant execute on function private.record_mail_report to jobs;
grant execute on function private.record_template_status to jobs;
grant execute on function private.whatsapp_templates to jobs;
grant execute on function private.preview_message to jobs;
grant execute on function private.compare_texts to jobs;

grant execute on function private.record_message_status to jobs, webhook_service;
grant execute on function private.record_inbound_message to webhook_service;
grant execute on function private.unsubscribe to webhook_service;
grant execute on function private.calendar_of_feed to webhook_service;
