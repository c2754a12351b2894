create function public.erase_person(p_user_id uuid, p_reason text default null)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
return private.erase_person(p_user_id, p_reason);

comment on function public.erase_person is
    'Anonymises a person and keeps the books; oneself, or with p_reason as a platform admin. The login can be deleted afterwards. '
    'Errors: sign_in_required, not_an_admin, reason_required, lessons_ahead, money_on_the_way, last_owner.';
