set lock_timeout = '3s';

SET local check_function_bodies = off;

CREATE OR REPLACE FUNCTION private.add_learner (
  p_org_id        uuid,
  p_full_name     text,
  p_email         text,
  p_phone         text,
  p_date_of_birth date,
  p_notes         text
)
  RETURNS uuid
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    perform private.require_org_admin(p_org_id);
    perform private.assert_may_add_learner(p_org_id);
    return private.insert_learner(p_org_id, p_full_name, p_email, p_phone, p_date_of_birth, p_notes);
end;
$function$;

CREATE OR REPLACE FUNCTION private.assert_may_add_learner (
  p_org_id uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    max_a_day constant integer := 200;
begin
    perform pg_advisory_xact_lock('public.learners'::regclass::oid::integer, hashtext(p_org_id::text));
    if (
        select count(*)
        from public.learners added
        where added.org_id = p_org_id
            and added.user_id is null
            and added.created_at > private.clock() - interval '24 hours'
            and not exists (
                select
                from private.imported_rows imported
                where imported.org_id = added.org_id
                    and imported.kind = 'learners'
                    and imported.row_id = added.id
            )
    ) >= max_a_day then
        perform private.refuse(
            'PT429', 'too_many_learners',
            format('A school can add %s learners a day.', max_a_day),
            'Go on tomorrow, or have the platform import them.'
        );
    end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.confirm_phone (
  p_code text
)
  RETURNS boolean
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    person constant uuid := private.require_person();
    sent private.phone_codes;
begin
    -- Locked before it is looked at, so that of many tries at once each sees those before it.
    perform code.id from private.phone_codes code where code.user_id = person order by code.id for no key update;
    select code.* into sent
    from private.phone_codes code
    join public.profiles profile on profile.id = code.user_id
    where profile.id = person
        and code.phone = private.phone_or_null(profile.phone)
        and private.can_confirm_code(code.id);
    if not found then
        perform private.refuse(
            'PT409', 'no_phone_code',
            'There is no code to your number that could still be entered.',
            'Ask for another with send_phone_code.'
        );
    end if;

    if sent.code is distinct from private.plain_code(p_code) then
        update private.phone_codes set tries_left = tries_left - 1 where id = sent.id;
        return false;
    end if;
    update private.phone_codes set code = null, proven_at = private.clock() where id = sent.id;
    return true;
end;
$function$;

CREATE OR REPLACE FUNCTION private.my_admin_org_ids()
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  PARALLEL SAFE
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    if private.is_platform_admin() then
        return array(select organization.id from public.organizations organization where not organization.is_platform);
    end if;
    return private.my_school_ids();
end;
$function$;

CREATE OR REPLACE FUNCTION private.new_phone_code()
  RETURNS text
  LANGUAGE sql
  SET search_path TO '', 'pg_temp'
  AS $function$
    select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + get_byte(random.bytes, place) % 32, 1), '')
    from (select extensions.gen_random_bytes(8) as bytes) random
    cross join generate_series(0, 7) place;
$function$;

CREATE OR REPLACE FUNCTION private.plain_code (
  p_code text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO '', 'pg_temp'
RETURN translate(regexp_replace(upper(p_code), '[^0-9A-Z]'::text, ''::text, 'g'::text), 'OIL'::text, '011'::text);

CREATE OR REPLACE FUNCTION private.remove_old_sellers (
  p_org_id uuid
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    removed integer;
begin
    delete from public.seller_details seller
    where seller.org_id = p_org_id
        and seller.updated_at < private.clock() - interval '2557 days'
        and not exists (
            select
            from public.instructors instructor
            where instructor.org_id = seller.org_id
                and instructor.id = seller.instructor_id
                and instructor.user_id is not null
        )
        and not exists (
            select
            from public.earnings earning
            where earning.org_id = seller.org_id
                and case
                    when seller.instructor_id is null then earning.payee_id = seller.org_id
                    else earning.instructor_id = seller.instructor_id
                end
                and earning.created_at >= private.clock() - interval '2557 days'
        );
    get diagnostics removed = row_count;
    return removed;
end;
$function$;

COMMENT ON FUNCTION "public"."add_learner"(uuid, text, text, text, date, text) IS 'Adds a learner without a login to a school and returns the id. For the school''s admins, 200 a day; invite_member links a login later. Errors: sign_in_required, organization_not_found, too_many_learners, birth_is_plausible, value_missing, and the rules of public.learners and public.learner_contacts.';

REVOKE ALL ON FUNCTION "private"."assert_may_add_learner"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."assert_may_add_learner"(uuid) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."assert_may_add_learner"(uuid) TO "postgres";

REVOKE ALL ON FUNCTION "private"."plain_code"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."plain_code"(text) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."plain_code"(text) TO "postgres";
