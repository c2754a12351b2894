-- The currencies that the platform's Stripe account has to settle in.
-- Definer: the jobs have no access to the tables.
create function private.traded_currencies()
    returns table (currency text)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select distinct organization.currency
    from public.organizations organization
    where exists (select from public.payments payment where payment.org_id = organization.id)
    order by organization.currency;
$$;
