-- Notes when a learner has a test, and returns its id; for the learner and guardians who may book, the instructor who goes along, and the
-- organization's admins. Whoever enters it keeps the time free in their own calendar: a learner, or their guardian, that of the learner; an
-- instructor or the school that of the instructor, and the calendar of a learner without a login. So nobody fills another's calendar.
-- Definer: nobody writes tests and calendars directly.
create function private.add_test(
    p_learner_id uuid,
    p_kind text,
    p_start_at timestamptz,
    p_end_at timestamptz,
    p_centre text,
    p_instructor_id uuid
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    learner public.learners := private.require_learner_to_test(p_learner_id, p_instructor_id);
    is_family constant boolean := private.is_family_to_book(learner);
    test public.learner_tests;
    broken_rule text;
    missing_column text;
begin
    perform private.assert_time_is_plausible(p_start_at);
    perform private.assert_time_is_plausible(p_end_at);
    insert into public.learner_tests (org_id, learner_id, instructor_id, kind, start_at, end_at, centre)
    values (learner.org_id, learner.id, p_instructor_id, p_kind, p_start_at, p_end_at, p_centre)
    returning * into test;
    perform private.assert_tests_are_few(learner);

    if test.end_at > private.clock() then
        if (is_family or learner.user_id is null) and not private.occupy_otherwise(
            test.org_id, coalesce(learner.user_id, learner.id), null, learner.id, test.id, test.start_at, test.end_at
        ) then
            perform private.refuse_busy_learner();
        end if;
        if not is_family and p_instructor_id is not null then
            perform private.keep_instructor_free(test);
        end if;
    end if;
    return test.id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Refuses more than a hundred tests of a learner. The caller has locked the learner, so that tests are counted one after the other.
create function private.assert_tests_are_few(p_learner public.learners)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if (
        select count(*) > 100
        from public.learner_tests test
        where test.org_id = p_learner.org_id
            and test.learner_id = p_learner.id
    ) then
        perform private.refuse(
            'PT409', 'too_many_tests',
            'This learner has a hundred tests already.',
            'Note the result of a test that is entered, rather than enter it again.'
        );
    end if;
end;
$$;

-- Returns the learner, locked, of whom the caller may enter a test, with this instructor or none. An instructor enters tests of who has or had a
-- lesson with them, and goes along; a learner may name an instructor who taught them, who then reads of it.
create function private.require_learner_to_test(p_learner_id uuid, p_instructor_id uuid)
    returns public.learners
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    learner public.learners;
begin
    perform private.require_person();
    select candidate.* into learner from public.learners candidate where candidate.id = p_learner_id for no key update;
    if not coalesce(
        private.is_family_to_book(learner)
        or learner.org_id = any (private.my_admin_org_ids())
        or p_instructor_id = any (private.my_instructor_ids()),
        false
    ) then
        perform private.refuse(
            'PT404', 'learner_not_found',
            'There is no such learner whose tests you note.',
            'Check the id and who is signed in; an instructor names themselves.'
        );
    end if;
    if p_instructor_id is not null
        and not (private.has_taught(learner, p_instructor_id))
        and not (
            learner.org_id = any (private.my_admin_org_ids())
            and exists (select from public.instructors one where one.org_id = learner.org_id and one.id = p_instructor_id)
        )
    then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no such instructor of this learner.',
            'Name an instructor with whom the learner has had a lesson, or none.'
        );
    end if;
    return learner;
end;
$$;

-- Whether the caller is the learner, or a guardian who may book for them.
create function private.is_family_to_book(p_learner public.learners)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_learner.id = any (private.my_learner_ids()) or p_learner.id = any (private.ward_ids(private.my_user_id(), 'book'));
$$;

-- Whether a learner has or had a lesson with an instructor that was booked for good.
create function private.has_taught(p_learner public.learners, p_instructor_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.bookings booking
        where booking.org_id = p_learner.org_id
            and booking.learner_id = p_learner.id
            and booking.instructor_id = p_instructor_id
            and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show')
    );
$$;

-- Keeps the time of a test free in the calendar of the instructor who goes along.
create function private.keep_instructor_free(p_test public.learner_tests)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors := private.require_instructor_to_block(p_test.instructor_id);
begin
    if not private.occupy_otherwise(
        p_test.org_id, coalesce(instructor.user_id, instructor.id), instructor.id, null, p_test.id, p_test.start_at, p_test.end_at
    ) then
        perform private.refuse_busy_instructor();
    end if;
end;
$$;

-- Notes how a test went, once it has begun, or that it was cancelled, which frees its time; for those who may enter it. A result can be
-- corrected; what was cancelled stays so. Definer: nobody writes tests and calendars directly.
create function private.record_test_result(p_test_id uuid, p_outcome public.test_outcome, p_note text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    test public.learner_tests;
    broken_rule text;
begin
    perform private.require_person();
    select known.* into test from public.learner_tests known where known.id = p_test_id for no key update;
    if not coalesce(private.may_note_result(test), false) then
        perform private.refuse(
            'PT404', 'test_not_found',
            'There is no such test of which you note the result.',
            'Reload the tests, and check who is signed in.'
        );
    end if;
    if p_outcome is null then
        perform private.refuse_violation('', 'outcome');
    end if;
    if p_outcome <> 'cancelled' and private.clock() < test.start_at then
        perform private.refuse(
            'PT422', 'too_early',
            'The test has not begun.',
            'Note its result afterwards.'
        );
    end if;

    update public.learner_tests set outcome = p_outcome, note = p_note where id = p_test_id;
    if p_outcome = 'cancelled' then
        delete from private.person_calendar where org_id = test.org_id and entry_id = test.id;
    end if;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Whether the caller may say how a test went, which was not cancelled.
create function private.may_note_result(p_test public.learner_tests)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_test.outcome is distinct from 'cancelled'
        and (
            p_test.instructor_id = any (private.my_instructor_ids())
            or p_test.org_id = any (private.my_admin_org_ids())
            or exists (
                select from public.learners learner where learner.id = p_test.learner_id and private.is_family_to_book(learner)
            )
        );
$$;

-- Erases where the tests of a learner were and what was noted, and frees their times; 95_operations calls it.
create function private.erase_tests(p_learner_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    delete from private.person_calendar calendar
    using public.learner_tests test
    where test.learner_id = p_learner_id
        and calendar.org_id = test.org_id
        and calendar.entry_id = test.id;
    update public.learner_tests
    set kind = 'erased',
        centre = null,
        note = null
    where learner_id = p_learner_id;
$$;
