-- Makes the address of the caller's calendar anew and returns its secret, which is shown only now; the one before leads nowhere any more.
-- Definer: nobody reads or writes secrets directly.
create function private.replace_calendar_feed()
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    token constant text := encode(extensions.gen_random_bytes(24), 'hex');
begin
    insert into private.calendar_feeds as feed (user_id, token_hash)
    values (person, private.hash_of_feed(token))
    on conflict (user_id) do update
        set token_hash = excluded.token_hash,
            created_at = private.clock();
    return token;
end;
$$;

-- Ends the caller's calendar. Definer: nobody reads or writes secrets directly.
create function private.end_calendar_feed()
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
begin
    delete from private.calendar_feeds where user_id = person;
end;
$$;

-- What is stored of a secret.
create function private.hash_of_feed(p_token text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return encode(extensions.digest(p_token, 'sha256'), 'hex');

-- The calendar behind a secret, as a list of entries with uid, sequence, start, end, summary, location and stamp; null: nobody has it. It
-- shows the lessons of the past 30 days and the coming year, and tests: what its owner teaches as a member, learns, or may view as a
-- guardian, as of now. An entry has the uid of those in mails, so that a calendar has it once.
-- Definer: the webhook service has no access to the tables.
create function private.calendar_of_feed(p_token text)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid;
    taught_ids uuid[];
    learner_ids uuid[];
begin
    select feed.user_id into person from private.calendar_feeds feed where feed.token_hash = private.hash_of_feed(p_token);
    if not found then
        return null;
    end if;
    taught_ids := array(
        select instructor.id
        from public.instructors instructor
        join public.organization_members member
            on member.org_id = instructor.org_id
            and member.user_id = instructor.user_id
            and member.role = 'instructor'
        where instructor.user_id = person
    );
    learner_ids := array(select learner.id from public.learners learner where learner.user_id = person) || private.ward_ids(person, 'view');

    return coalesce(
        (
            select jsonb_agg(listed.entry order by listed.start_at)
            from (
                select shown.entry, shown.start_at
                from private.feed_entries(taught_ids, learner_ids) shown
                order by shown.start_at
                limit 2000
            ) listed
        ),
        '[]'
    );
end;
$$;

-- The entries of these instructors' and learners' lessons and tests.
create function private.feed_entries(p_instructor_ids uuid[], p_learner_ids uuid[])
    returns table (entry jsonb, start_at timestamptz)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.booking_entry(booking.org_id, booking.id), booking.start_at
    from public.bookings booking
    where (booking.instructor_id = any (p_instructor_ids) or booking.learner_id = any (p_learner_ids))
        and booking.status in ('confirmed', 'in_progress', 'completed')
        and booking.start_at between private.clock() - interval '30 days' and private.clock() + interval '366 days'
    union all
    select
        jsonb_build_object(
            'uid', test.id, 'sequence', 0, 'method', 'PUBLISH', 'start', test.start_at, 'end', test.end_at,
            'summary', format('%s: %s', test.kind, learner.full_name), 'location', test.centre, 'stamp', private.clock()
        ),
        test.start_at
    from public.learner_tests test
    join public.learners learner on learner.org_id = test.org_id and learner.id = test.learner_id
    where (test.instructor_id = any (p_instructor_ids) or test.learner_id = any (p_learner_ids))
        and test.outcome is distinct from 'cancelled'
        and test.start_at between private.clock() - interval '30 days' and private.clock() + interval '366 days';
$$;
