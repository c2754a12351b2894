-- user_metadata is what a person says of themselves: nothing that decides may read it, however deep.
-- plant: create policy planted on public.payments for insert to authenticated with check ((auth.jwt() -> 'user_metadata' ->> 'admin')::boolean)
-- plant: create function private.planted() returns text language sql as 'select auth.jwt() -> ''user_metadata'' ->> ''role'''
-- plant: create view public.planted as select auth.jwt() -> 'user_metadata' as said
select format('policy %s of %s', policy.polname, policy.polrelid::regclass)
from pg_policy policy
where concat(pg_get_expr(policy.polqual, policy.polrelid), pg_get_expr(policy.polwithcheck, policy.polrelid)) ~ 'user_metadata'
union all
select format('function %s', function.oid::regprocedure)
from pg_proc function
where function.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and function.prokind = 'f'
    and pg_get_functiondef(function.oid) ~ 'user_metadata'
union all
select format('view %s', class.oid::regclass)
from pg_class class
where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and class.relkind in ('v', 'm')
    and pg_get_viewdef(class.oid) ~ 'user_metadata';
