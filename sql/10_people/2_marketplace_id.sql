create function private.marketplace_id()
    returns uuid
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select organization.id from public.organizations organization where organization.is_marketplace;
$$;

comment on function private.marketplace_id is 'The organization of everybody without a school.';
