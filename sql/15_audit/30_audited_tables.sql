-- Attaches the audit triggers to a table: one each for insert, update and delete, because a trigger with transition tables may
-- have one event only. Called while the schema is built; dynamic, so that every audited table gets the same three.
create function private.audit_table(p_table regclass, p_key_column text, p_personal_columns text[] default '{}')
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    arguments text := (
        select string_agg(quote_literal(argument), ', ' order by position)
        from unnest(p_key_column || p_personal_columns) with ordinality given (argument, position)
    );
begin
    execute format(
        'create trigger record_insert after insert on %s referencing new table as new_rows '
        'for each statement execute function private.record_change(%s)',
        p_table, arguments
    );
    execute format(
        'create trigger record_update after update on %s referencing old table as old_rows new table as new_rows '
        'for each statement execute function private.record_change(%s)',
        p_table, arguments
    );
    execute format(
        'create trigger record_delete after delete on %s referencing old table as old_rows '
        'for each statement execute function private.record_change(%s)',
        p_table, arguments
    );
end;
$$;

select private.audit_table('public.organizations', 'id');

select private.audit_table(
    'public.profiles', 'id',
    '{email,full_name,display_name,first_name,last_name,phone,avatar_url,external_id}'
);

select private.audit_table('public.organization_members', 'id');

select private.audit_table('private.platform_admins', 'user_id');

select private.audit_table('public.instructors', 'id', '{display_name,bio,avatar_url,area,area_lat,area_lng}');

select private.audit_table('public.instructor_details', 'instructor_id', '{phone,license_id}');

select private.audit_table('public.learners', 'id', '{full_name,learning_goals,interests}');

select private.audit_table('public.learner_contacts', 'learner_id', '{email,phone}');

select private.audit_table('public.learner_details', 'learner_id', '{date_of_birth,notes}');

select private.audit_table('public.guardians', 'id', '{full_name,phone,email}');

select private.audit_table('public.learner_guardians', 'id', '{guardian_email,relation}');

select private.audit_table('public.invitations', 'id', '{email}');
