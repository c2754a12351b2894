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
    set search_path = '', pg_temp
return private.create_session(
    p_expert_user_id, p_title, p_description, p_duration_minutes, p_price_cents, p_currency, p_org_id
);

comment on function public.create_session is
    'Adds a service of the caller''s own and returns its id. p_duration_minutes is a multiple of 15, p_price_cents the price of the '
    'whole lesson in the minor unit (null: the hourly rate), p_org_id the school (default: the marketplace). '
    'Errors: sign_in_required, not_yourself, not_an_instructor, unknown_currency, currency_differs, value_missing, service_exists, '
    'and the rules of public.services.';

create function public.create_service(
    p_org_id uuid,
    p_title text,
    p_duration_minutes integer,
    p_instructor_id uuid default null,
    p_description text default null,
    p_short_description text default null,
    p_topic_tags text[] default '{}',
    p_price_cents bigint default null,
    p_currency text default null,
    p_level public.experience_level default null,
    p_prerequisites text default null,
    p_materials_url text default null,
    p_max_participants integer default 1,
    p_requires_approval boolean default false,
    p_approval_hours integer default 24,
    p_capture_mode public.capture_mode default 'automatic'
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.create_service(
    p_org_id, p_title, p_duration_minutes, p_instructor_id, p_description, p_short_description, p_topic_tags, p_price_cents,
    p_currency, p_level, p_prerequisites, p_materials_url, p_max_participants, p_requires_approval, p_approval_hours,
    p_capture_mode
);

comment on function public.create_service is
    'Adds a service of one instructor, or with p_instructor_id null of any instructor of the school, and returns its id. For the instructor '
    'and the school''s admins. p_price_cents is for the whole lesson (null: the hourly rate), p_currency defaults to the organization''s; '
    'with p_capture_mode ''manual'' the payer''s bank only reserves the money, which is captured after the lesson. '
    'p_materials_url is for who has booked the lesson. '
    'Errors: sign_in_required, organization_not_found, instructor_not_found, unknown_currency, currency_differs, value_missing, '
    'service_exists, and the rules of public.services and public.service_materials.';

create function public.create_rate_card(
    p_org_id uuid,
    p_name text,
    p_currency text default null,
    p_is_default boolean default false,
    p_valid_from date default null,
    p_valid_to date default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.create_rate_card(p_org_id, p_name, p_currency, p_is_default, p_valid_from, p_valid_to);

comment on function public.create_rate_card is
    'Adds an empty rate card and returns its id; for the school''s admins. A currency has at most one default card, and cards with dates '
    'never overlap. '
    'Errors: sign_in_required, organization_not_found, unknown_currency, value_missing, value_out_of_range, rate_card_exists, and '
    'the rules of public.rate_cards.';

create function public.set_rate_card_validity(p_rate_card_id uuid, p_valid_from date, p_valid_to date)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_rate_card_validity(p_rate_card_id, p_valid_from, p_valid_to);

comment on function public.set_rate_card_validity is
    'Sets the first and the last day on which a rate card is valid, null for no limit; for the school''s admins. Existing bookings keep their '
    'price. Errors: sign_in_required, rate_card_not_found, value_out_of_range, rate_card_exists, and the rules of public.rate_cards.';

create function public.delete_rate_card(p_rate_card_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.delete_rate_card(p_rate_card_id);

comment on function public.delete_rate_card is
    'Deletes a rate card with all its prices; for the school''s admins. Existing bookings keep their price. '
    'Errors: sign_in_required, rate_card_not_found.';

create function public.set_rate(p_rate_card_id uuid, p_service_id uuid, p_price_cents bigint)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_rate(p_rate_card_id, p_service_id, p_price_cents);

comment on function public.set_rate is
    'Sets the price of a service on a rate card, for the whole lesson in the minor unit; null removes it from the card. Existing '
    'bookings keep their price. Errors: sign_in_required, rate_card_not_found, service_not_found, and the rules of public.rate_card_items.';

create function public.search_services(
    p_query text default null,
    p_topic_tags text[] default '{}',
    p_level public.experience_level default null,
    p_org_id uuid default null,
    p_limit integer default 50,
    p_after uuid default null
)
    returns setof public.services
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select found.*
    from private.search_services(p_query, p_topic_tags, p_level, p_org_id, p_limit, p_after) found;
end;

comment on function public.search_services is
    'Active services of schools, and of instructors who take bookings, whose title contains p_query and that have all of p_topic_tags; in pages '
    'of at most 200, where p_after is the last id of the previous page. Errors: tags_are_lines.';
