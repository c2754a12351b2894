create function public.become_instructor(
    p_display_name text,
    p_hourly_rate_cents bigint,
    p_currency text default null,
    p_bio text default null,
    p_time_zone text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.become_instructor(p_display_name, p_hourly_rate_cents, p_currency, p_bio, p_time_zone);

comment on function public.become_instructor is
    'Makes the caller an instructor of the marketplace and returns the instructor''s id. p_hourly_rate_cents is the price of '
    '60 minutes in the minor unit. Currency and time zone default to the marketplace''s. Errors: sign_in_required, '
    'already_an_instructor, unknown_currency, value_missing, and the rules of public.instructors.';

create function public.admin_verify_instructor(
    p_instructor_id uuid,
    p_verification_status public.verification_status,
    p_reason text
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_verify_instructor(p_instructor_id, p_verification_status, p_reason);

comment on function public.admin_verify_instructor is
    'Verifies or rejects an instructor; platform admins only. Errors: not_an_admin, reason_required, value_missing, instructor_not_found.';

create function public.add_instructor(
    p_org_id uuid,
    p_display_name text,
    p_hourly_rate_cents bigint,
    p_currency text default null,
    p_bio text default null,
    p_time_zone text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.add_instructor(p_org_id, p_display_name, p_hourly_rate_cents, p_currency, p_bio, p_time_zone);

comment on function public.add_instructor is
    'Adds an instructor without a login to a school and returns the id. For the school''s admins; invite_member links a login later. '
    'Errors: sign_in_required, organization_not_found, unknown_currency, value_missing, and the rules of public.instructors.';

create function public.add_learner(
    p_org_id uuid,
    p_full_name text,
    p_email text default null,
    p_phone text default null,
    p_date_of_birth date default null,
    p_notes text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.add_learner(p_org_id, p_full_name, p_email, p_phone, p_date_of_birth, p_notes);

comment on function public.add_learner is
    'Adds a learner without a login to a school and returns the id. For the school''s admins, 200 a day; invite_member links a login later. '
    'Errors: sign_in_required, organization_not_found, too_many_learners, birth_is_plausible, value_missing, and the rules of public.learners '
    'and public.learner_contacts.';

create function public.set_date_of_birth(p_learner_id uuid, p_date_of_birth date)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_date_of_birth(p_learner_id, p_date_of_birth);

comment on function public.set_date_of_birth is
    'Sets a learner''s date of birth, once: for the learner, or for a guardian who may book for a learner without a login; an admin of '
    'the organization may correct it. The learner''s own word counts in all organizations, anybody else''s in this one. '
    'Errors: sign_in_required, learner_not_found, date_of_birth_is_set, birth_is_plausible, value_missing.';

create function public.link_guardian(
    p_learner_id uuid,
    p_guardian_email text,
    p_relation text default null,
    p_can_view boolean default true,
    p_can_book boolean default false,
    p_can_pay boolean default false
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.link_guardian(p_learner_id, p_guardian_email, p_relation, p_can_view, p_can_book, p_can_pay);

comment on function public.link_guardian is
    'Offers the guardianship of a learner to an address, for 14 days, and returns the link''s id. For the learner, and for the '
    'organization''s admins if the learner is under 18 or has no login. '
    'Errors: sign_in_required, learner_not_found, learner_is_adult, own_guardian, guardian_is_linked, too_many_guardians, '
    'value_missing, and the rules of public.learner_guardians.';

create function public.give_guardian_consent(p_learner_guardian_id uuid)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.give_guardian_consent(p_learner_guardian_id);

comment on function public.give_guardian_consent is
    'Accepts a guardianship that was offered to the caller''s verified address and returns the guardian''s id. Accepted once, it belongs '
    'to the person, whatever becomes of the address. '
    'Errors: sign_in_required, guardianship_not_found, own_guardian, guardian_is_minor.';

create function public.revoke_guardian(p_learner_guardian_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.revoke_guardian(p_learner_guardian_id);

comment on function public.revoke_guardian is
    'Ends a guardianship or withdraws its offer. For the guardian, the owner of the address, the organization''s admins and the '
    'learner; a learner under 18 can withdraw an offer only. '
    'Errors: sign_in_required, guardianship_not_found.';

create function public.search_instructors(
    p_query text default null,
    p_expertise_areas text[] default '{}',
    p_org_id uuid default null,
    p_limit integer default 50,
    p_after uuid default null
)
    returns setof public.instructors
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select found.*
    from private.search_instructors(p_query, p_expertise_areas, p_org_id, p_limit, p_after) found;
end;

comment on function public.search_instructors is
    'The public directory: active, available and verified instructors whose name contains p_query and who cover all of '
    'p_expertise_areas, in pages of at most 200; p_after is the last id of the previous page. Errors: tags_are_lines.';
