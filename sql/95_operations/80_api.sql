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
