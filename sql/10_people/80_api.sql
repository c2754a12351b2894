create view public.my_roles
    with (security_invoker = true)
as
select member.org_id, member.role::text as role
from public.organization_members member
where member.user_id = (select private.my_user_id())
union all
select null as org_id, 'platform_admin' as role
where (select private.is_platform_admin());

comment on view public.my_roles is
    'The caller''s roles, one row each: owner, admin, instructor or learner of an organization, or platform_admin.';

create trigger refuse_write_to_view
    instead of insert or update or delete on public.my_roles
    for each row execute function private.refuse_write_to_view();

create function public.check_request()
    returns void
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
return private.check_request();

comment on function public.check_request is
    'Asked by the Data API before each request, so that a visitor who needs to sign in is told so with a code. Nothing for frontends. '
    'Errors: sign_in_required.';
