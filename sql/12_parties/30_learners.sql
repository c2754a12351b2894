-- Adds a learner to a school, without a login until an invitation links one.
-- Definer: people may not insert learners themselves.
create function private.add_learner(
    p_org_id uuid,
    p_full_name text,
    p_email text,
    p_phone text,
    p_date_of_birth date,
    p_notes text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_org_admin(p_org_id);
    perform private.assert_may_add_learner(p_org_id);
    return private.insert_learner(p_org_id, p_full_name, p_email, p_phone, p_date_of_birth, p_notes);
end;
$$;

-- Refuses the 201st learner without a login whom a school adds by hand within 24 hours: each can be given the address of somebody who has asked
-- for no mail. Those of an import do not count: the platform makes it. Admins who add at once are counted one by one.
create function private.assert_may_add_learner(p_org_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
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
$$;

-- Adds a learner by the rules of the tables. An import (95) calls it too.
create function private.insert_learner(
    p_org_id uuid, p_full_name text, p_email text, p_phone text, p_date_of_birth date, p_notes text
)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_learner_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.assert_date_of_birth_is_plausible(p_date_of_birth);

    insert into public.learners (org_id, full_name)
    values (p_org_id, trim(p_full_name))
    returning id into new_learner_id;
    update public.learner_contacts
    set email = p_email,
        phone = p_phone
    where learner_id = new_learner_id;

    update public.learner_details
    set date_of_birth = p_date_of_birth,
        notes = p_notes
    where learner_id = new_learner_id;
    return new_learner_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Creates the learner_details and learner_contacts rows of every new learner.
-- Definer: whoever inserts a learner need not be allowed to insert details.
create function private.add_learner_details()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    insert into public.learner_details (learner_id, org_id) values (new.id, new.org_id);
    insert into public.learner_contacts (learner_id, org_id) values (new.id, new.org_id);
    return null;
end;
$$;

create trigger add_learner_details
    after insert on public.learners
    for each row execute function private.add_learner_details();

-- Sets a learner's date of birth: once by the learner, or by a guardian who may book for a learner without a login; an admin of the
-- organization can correct it. The learner's own word counts in all organizations, anybody else's in this one.
-- Definer: the date decides who needs a guardian, so nobody may update it directly.
create function private.set_date_of_birth(p_learner_id uuid, p_date_of_birth date)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    details public.learner_details;
begin
    select known.* into details
    from public.learners learner
    join public.learner_details known on known.org_id = learner.org_id and known.learner_id = learner.id
    where learner.id = p_learner_id
        and (
            learner.user_id = person
            or (learner.user_id is null and learner.id = any (private.ward_ids(person, 'book')))
            or learner.org_id = any (private.my_admin_org_ids())
        )
    for no key update of known;

    if not found then
        perform private.refuse_unknown_learner();
    end if;
    if details.date_of_birth is not null and not details.org_id = any (private.my_admin_org_ids()) then
        perform private.refuse(
            'PT409', 'date_of_birth_is_set',
            'The date of birth is set already.',
            'Ask the school, or the platform''s support, to correct it.'
        );
    end if;
    if p_date_of_birth is null then
        perform private.refuse_violation('', 'date_of_birth');
    end if;
    perform private.assert_date_of_birth_is_plausible(p_date_of_birth);

    update public.learner_details
    set date_of_birth = p_date_of_birth,
        is_birth_self_declared = p_learner_id = any (private.my_learner_ids())
    where learner_id = p_learner_id;
end;
$$;

-- Refuses a date of birth in the future or before 1900.
create function private.assert_date_of_birth_is_plausible(p_date_of_birth date)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_date_of_birth not between date '1900-01-01' and (private.clock() at time zone 'UTC')::date then
        perform private.refuse(
            'PT422', 'birth_is_plausible',
            'That date of birth is not possible.',
            'Send a date in the past, as YYYY-MM-DD.'
        );
    end if;
end;
$$;

-- The same answer for an unknown learner and for one whom the caller does not answer for. Also called by 40_guardians.
create function private.refuse_unknown_learner()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT404', 'learner_not_found',
        'There is no such learner for whom you may act.',
        'Check the id, and that you are signed in as the right person.'
    );
end;
$$;
