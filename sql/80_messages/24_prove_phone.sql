-- Sends a code by SMS to the number in the caller's profile, and returns until when confirm_phone takes it; null: the number is proven, and
-- nothing is sent. Texts go to proven numbers only, so that nobody has them sent to somebody else. A person gets at most three codes a day, and
-- so does a number, whoever asks. A number that has answered STOP gets none, like anything else.
-- Definer: nobody writes codes directly.
create function private.send_phone_code()
    returns timestamptz
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    number text;
    code_id uuid;
begin
    select private.phone_or_null(profile.phone) into number from public.profiles profile where profile.id = person for no key update;
    if number is null then
        perform private.refuse(
            'PT422', 'phone_missing',
            'There is no phone number in your profile that texts can go to.',
            'Save it with its country, such as +44 7700 900123.'
        );
    end if;
    if private.proven_phone(person, number) is not null then
        return null;
    end if;
    perform private.assert_few_codes(person, number);

    update private.phone_codes set tries_left = 0 where user_id = person and proven_at is null;
    insert into private.phone_codes (user_id, phone, code)
    values (person, number, private.new_phone_code())
    returning id into code_id;
    perform private.queue_for_address(private.platform_id(), 'phone_code', 'sms', number, 'phone_codes', code_id);
    return private.clock() + private.code_lifetime();
end;
$$;

-- Refuses a fourth code within a day to a person or to a number. Askers for one number wait for one another, so that none is left uncounted.
create function private.assert_few_codes(p_person_id uuid, p_phone text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform pg_advisory_xact_lock('private.phone_codes'::regclass::oid::integer, hashtext(p_phone));
    if greatest(
        (
            select count(*)
            from private.phone_codes sent
            where sent.user_id = p_person_id
                and sent.created_at > private.clock() - interval '24 hours'
        ),
        (
            select count(*)
            from private.phone_codes sent
            where sent.phone = p_phone
                and sent.created_at > private.clock() - interval '24 hours'
        )
    ) >= 3 then
        perform private.refuse(
            'PT429', 'too_many_phone_codes',
            'Three codes were sent within a day.',
            'Check the number, and try again tomorrow.'
        );
    end if;
end;
$$;

-- Eight random characters of 32, without those that look like another: a million million codes, of which nobody finds one in ten minutes.
-- Six digits would be found where wrong tries are not counted: a request that fails after its try, on something else that it asks for, takes the
-- count back.
create function private.new_phone_code()
    returns text
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + get_byte(random.bytes, place) % 32, 1), '')
    from (select extensions.gen_random_bytes(8) as bytes) random
    cross join generate_series(0, 7) place;
$$;

-- A code as new_phone_code writes it, however it was typed.
create function private.plain_code(p_code text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return translate(regexp_replace(upper(p_code), '[^0-9A-Z]', '', 'g'), 'OIL', '011');

-- For how long a code can be entered.
create function private.code_lifetime()
    returns interval
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return interval '10 minutes';

-- Takes the code that came to the caller's number, and returns whether it is the one: texts go there from now on. A wrong one counts, and the
-- fifth ends the code. It is no error, which would take back that it was counted.
-- Definer: nobody reads or writes codes directly.
create function private.confirm_phone(p_code text)
    returns boolean
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
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
$$;

-- Whether a code can still be entered: for ten minutes, until five wrong ones were tried or the next was sent.
create function private.can_confirm_code(p_code_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from private.phone_codes sent
        where sent.id = p_code_id
            and sent.proven_at is null
            and sent.tries_left > 0
            and sent.created_at > private.clock() - private.code_lifetime()
    );
$$;

-- Removes codes of which nothing came in a day, and returns how many. maintain_platform (95) calls it.
create function private.remove_old_codes()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    removed integer;
begin
    delete from private.phone_codes where proven_at is null and created_at <= private.clock() - interval '24 hours';
    get diagnostics removed = row_count;
    return removed;
end;
$$;
