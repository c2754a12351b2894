create function public.create_session(
    p_expert_user_id uuid,
    p_title text,
    p_description text,
    p_duration_minutes integer,
    p_price_cents integer,
    p_currency text default 'DKK',
    p_org_id uuid default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = ''
return private.create_session(
    p_expert_user_id, p_title, p_description, p_duration_minutes, p_price_cents, p_currency, p_org_id
);

comment on function public.create_session is
    'Offers a service of the caller''s own and returns its id. p_duration_minutes is a multiple of 15, p_price_cents the price of the '
    'whole lesson in the minor unit (null: the hourly rate), p_org_id the school (default: the marketplace). '
    'Errors: sign_in_required, not_yourself, not_an_instructor, unknown_currency, currency_differs, service_exists.';
