create trigger forbid_change
    before update or delete on public.audit_logs
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.audit_logs
    for each statement execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.audit_logs_default
    for each statement execute function private.forbid_change();

select private.audit_table('public.organizations', 'id');
select private.audit_table(
    'public.profiles', 'id',
    '{email,full_name,display_name,first_name,last_name,phone,avatar_url,external_id}'
);
select private.audit_table('public.organization_members', 'id');
select private.audit_table('private.platform_admins', 'user_id');
select private.audit_table('public.instructors', 'id', '{display_name,bio}');
select private.audit_table('public.instructor_details', 'instructor_id', '{phone,license_id}');
select private.audit_table('public.learners', 'id', '{full_name,email,phone,learning_goals,interests}');
select private.audit_table('public.learner_details', 'learner_id', '{date_of_birth,notes}');
select private.audit_table('public.guardians', 'id', '{full_name,phone,email}');
select private.audit_table('public.learner_guardians', 'id', '{guardian_email,relation}');
select private.audit_table('public.invitations', 'id', '{email,token_hash}');
