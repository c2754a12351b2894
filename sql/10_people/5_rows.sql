insert into public.organizations (id, name, slug, time_zone, currency, is_marketplace)
values ('00000000-0000-4000-8000-000000000001', 'Marketplace', 'marketplace', 'Europe/London', 'gbp', true);
