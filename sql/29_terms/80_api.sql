create function public.publish_terms(p_org_id uuid, p_body text)
    returns integer
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.publish_terms(p_org_id, p_body);

comment on function public.publish_terms is
    'Publishes the next version of an organization''s terms, in force at once, and returns its number; for admins of the organization. '
    'Errors: sign_in_required, organization_not_found, value_missing, and the rules of public.terms_versions.';

create function public.current_terms(p_org_id uuid)
    returns table (terms_id uuid, version integer, body text, published_at timestamptz, accepted_at timestamptz)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select terms.terms_id, terms.version, terms.body, terms.published_at, terms.accepted_at
    from private.current_terms(p_org_id) terms;
end;

comment on function public.current_terms is
    'The terms in force at an organization, to show before a booking, and when the caller accepted them; no row if it has none. For everybody.';

create function public.accept_terms(p_terms_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.accept_terms(p_terms_id);

comment on function public.accept_terms is
    'Records that the caller accepts the terms that current_terms has shown, with time and address. Errors: sign_in_required, '
    'terms_not_found, terms_superseded.';
