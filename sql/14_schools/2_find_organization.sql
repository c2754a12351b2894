-- What anybody may know of an organization, by the name in its URL. Definer: visitors may not read settings.
create function private.find_organization(p_slug text)
    returns table (id uuid, name text, slug text, time_zone text, currency text, labels jsonb)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select organization.id, organization.name, organization.slug, organization.time_zone, organization.currency, organization.labels
    from public.organizations organization
    where lower(organization.slug) = lower(p_slug);
$$;
