-- Reports a review that the caller can read, for one of the listed reasons, and tells the platform. Reporting it again changes nothing.
-- Definer: nobody writes reports directly.
create function private.report_review(p_rating_id uuid, p_fault public.review_fault, p_statement text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    rated public.lesson_ratings;
    new_report_id uuid;
    broken_rule text;
    missing_column text;
begin
    select * into rated
    from public.lesson_ratings
    where id = p_rating_id
        and (
            (hidden_at is null and instructor_id = any (private.listed_instructor_ids()))
            or learner_id = any (private.my_family_ids())
            or instructor_id = any (private.my_instructor_ids())
            or org_id = any (private.my_admin_org_ids())
        );
    if not found then
        perform private.refuse_unknown_review();
    end if;
    perform private.assert_may_report(person);

    insert into public.review_reports (org_id, rating_id, reported_by, fault, statement)
    values (rated.org_id, rated.id, person, p_fault, nullif(p_statement, ''))
    on conflict (org_id, rating_id, reported_by) do nothing
    returning id into new_report_id;
    if new_report_id is not null then
        perform private.raise_alert(
            private.platform_id(), null, 'review_reported',
            format('A review was reported (%s). Call admin_hide_review or admin_keep_review.', p_fault),
            'lesson_ratings', rated.id, format('review_report:%s', new_report_id)
        );
    end if;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;

-- Refuses a person's 21st report within 24 hours: each is work for the platform. The person's profile is locked, so that reports made at
-- once are counted one by one.
create function private.assert_may_report(p_user_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    max_a_day constant integer := 20;
begin
    perform from public.profiles where id = p_user_id for no key update;
    if (
        select count(*)
        from public.review_reports report
        where report.reported_by = p_user_id
            and report.created_at > private.clock() - interval '24 hours'
    ) >= max_a_day then
        perform private.refuse(
            'PT429', 'too_many_reports',
            format('A person can report %s reviews a day.', max_a_day),
            'Go on tomorrow, or write to the platform''s support.'
        );
    end if;
end;
$$;

-- Hides a review from the public for one of the listed reasons, and tells its author which; for the platform's admins.
-- Definer: nobody writes ratings directly.
create function private.admin_hide_review(p_rating_id uuid, p_fault public.review_fault, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    rated public.lesson_ratings := private.require_review_to_judge(p_rating_id, p_reason);
begin
    if p_fault is null then
        perform private.refuse_violation('', 'fault');
    end if;
    update public.lesson_ratings
    set hidden_for = p_fault,
        hidden_at = private.clock()
    where org_id = rated.org_id
        and id = rated.id
        and hidden_for is distinct from p_fault;

    if found then
        perform private.raise_alert(
            rated.org_id, null, 'review_hidden',
            format(
                'A review of a lesson is hidden, because it %s. Its author may answer to the platform''s support.',
                case p_fault
                    when 'off_topic' then 'is not about the lesson'
                    when 'not_genuine' then 'is not by somebody who had the lesson'
                    when 'personal_data' then 'tells data of a person'
                    when 'abusive' then 'insults or threatens somebody'
                    when 'unlawful' then 'is against the law'
                end
            ),
            'lesson_ratings', rated.id, format('review:%s:hidden:%s', rated.id, extract(epoch from private.clock())),
            rated.learner_id
        );
    end if;
end;
$$;

-- Leaves a review that was reported as it is, or shows one again that was hidden; for the platform's admins.
-- Definer: nobody writes ratings directly.
create function private.admin_keep_review(p_rating_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    rated public.lesson_ratings := private.require_review_to_judge(p_rating_id, p_reason);
begin
    update public.lesson_ratings
    set hidden_for = null,
        hidden_at = null
    where org_id = rated.org_id
        and id = rated.id
        and hidden_at is not null;
end;
$$;

-- The review, locked after the booking, as by whoever rates, for an admin of the platform who gives a reason. Its reports are answered with
-- what they decide.
create function private.require_review_to_judge(p_rating_id uuid, p_reason text)
    returns public.lesson_ratings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    rated public.lesson_ratings;
begin
    perform private.require_platform_admin(p_reason);
    perform private.lock_bookings(
        array(
            select lesson.booking_id
            from public.lesson_ratings judged
            join public.lessons lesson on lesson.org_id = judged.org_id and lesson.id = judged.lesson_id
            where judged.id = p_rating_id
        )
    );
    select * into rated from public.lesson_ratings where id = p_rating_id for no key update;
    if not found then
        perform private.refuse_unknown_review();
    end if;
    update public.review_reports
    set resolved_at = private.clock()
    where org_id = rated.org_id
        and rating_id = rated.id
        and resolved_at is null;
    update public.alerts
    set resolved_at = private.clock()
    where org_id = private.platform_id()
        and code = 'review_reported'
        and related_id = rated.id
        and resolved_at is null;
    return rated;
end;
$$;
