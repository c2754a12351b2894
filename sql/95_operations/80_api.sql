create function public.erase_person(p_user_id uuid, p_reason text default null)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.erase_person(p_user_id, p_reason);

comment on function public.erase_person is
    'Anonymises a person and keeps amounts and times; for oneself, or with p_reason for platform admins. The login can be deleted afterwards. '
    'Errors: sign_in_required, not_an_admin, reason_required, person_not_found, is_platform_admin, lessons_ahead, hours_left, '
    'money_on_the_way, last_owner.';

create function public.erase_learner(p_learner_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.erase_learner(p_learner_id);

comment on function public.erase_learner is
    'Anonymises a learner without a login and keeps amounts and times; for the school''s admins. '
    'Errors: sign_in_required, learner_not_found, has_a_login, lessons_ahead, hours_left, money_on_the_way.';

create function public.erase_instructor(p_instructor_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.erase_instructor(p_instructor_id);

comment on function public.erase_instructor is
    'Anonymises an instructor without a login and keeps amounts and times; for the school''s admins. '
    'Errors: sign_in_required, instructor_not_found, has_a_login, lessons_ahead, hours_left, money_on_the_way.';

create function public.timeline(p_type text, p_id uuid, p_before timestamptz default null)
    returns table (
        happened_at timestamptz,
        org_id uuid,
        source text,
        entity_type text,
        entity_id text,
        event text,
        details jsonb,
        actor_kind text,
        user_id uuid,
        reason text
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        told.happened_at, told.org_id, told.source, told.entity_type, told.entity_id, told.event, told.details, told.actor_kind,
        told.user_id, told.reason
    from private.timeline(p_type, p_id, p_before) told;
end;

comment on function public.timeline is
    'What happened to a booking, order, payment, instructor or person (the id of a login), newest first, 1,000 at once and all '
    'that happened in the moment of the last: for the next page send the last happened_at as p_before. source: audit (details: old and new '
    'values without personal data), credit, message, transfer or ledger. For the school''s admins what belongs to it; for admins of '
    'the platform everything, with the reasons that they gave. Errors: sign_in_required, no_such_timeline, timeline_not_found.';

create function public.export_person(p_user_id uuid, p_reason text default null)
    returns jsonb
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.export_person(p_user_id, p_reason);

comment on function public.export_person is
    'All that is held about a person: {"person_id", "exported_at", "tables": {<schema.table>: [rows]}}, of tables that hold something; for '
    'oneself, or with p_reason for platform admins, which is recorded. What others wrote to the person''s counterpart is the counterpart''s. '
    'Errors: sign_in_required, not_an_admin, reason_required, person_not_found.';

create function public.admin_find_person(p_email text, p_reason text)
    returns table (user_id uuid, email text, display_name text, standing text, org_id uuid, organization text, id uuid, since timestamptz)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        listed.user_id, listed.email, listed.display_name, listed.standing, listed.org_id, listed.organization, listed.id, listed.since
    from private.admin_find_person(p_email, p_reason) listed;
end;

comment on function public.admin_find_person is
    'Who has a login with an e-mail address, one line for what the person is (standing: login, platform_admin, guardian, member_<role>, learner or '
    'instructor, with that row''s id) and where; platform admins only, and recorded. '
    'Errors: not_an_admin, reason_required, person_not_found.';
