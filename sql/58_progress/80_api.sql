create function public.define_syllabus(p_org_id uuid, p_syllabus text, p_skills jsonb)
    returns integer
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.define_syllabus(p_org_id, p_syllabus, p_skills);

comment on function public.define_syllabus is
    'Sets the skills of a syllabus, such as [{"area": "Manoeuvres", "title": "Bay parking"}], in this order, and returns how many they are; '
    'for admins of the organization. Skills are known by their titles: those that are left out are no longer assessed. Errors: '
    'sign_in_required, organization_not_found, bad_skills, value_missing, and the rules of public.skills.';

create function public.assess_skills(p_booking_id uuid, p_levels jsonb)
    returns integer
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.assess_skills(p_booking_id, p_levels);

comment on function public.assess_skills is
    'Notes levels from 1 (introduced) to 5 (independent) that a learner showed at a lesson, such as [{"skill_id": "…", "level": 3, "note": '
    '"Mirrors!"}], and returns how many; for its instructor and admins. Levels may fall. The learner and guardians who may view read them '
    'in skill_assessments and learner_progress. Errors: sign_in_required, booking_not_found, lesson_not_begun, bad_levels, value_missing, '
    'and the rules of public.skill_assessments.';

create function public.learner_progress(p_learner_id uuid)
    returns table (
        skill_id uuid,
        syllabus text,
        area text,
        title text,
        level smallint,
        previous_level smallint,
        assessed_at timestamptz
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        progress.skill_id, progress.syllabus, progress.area, progress.title, progress.level, progress.previous_level,
        progress.assessed_at
    from private.learner_progress(p_learner_id) progress;
end;

comment on function public.learner_progress is
    'Each skill with the learner''s latest level and the one before; null where nothing was assessed. For the learner, guardians who may '
    'view, instructors who teach the learner, and admins. Errors: sign_in_required, learner_not_found.';

create function public.rate_lesson(p_booking_id uuid, p_rating integer, p_review text default null)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.rate_lesson(p_booking_id, p_rating, p_review);

comment on function public.rate_lesson is
    'Rates a lesson that began, from 1 to 5, with a review if they like, once and within 14 days of its end, refunded or not; returns the '
    'rating''s id. For its learner, and guardians who may book. Errors: sign_in_required, booking_not_found, own_lesson, lesson_not_begun, '
    'too_late_to_rate, already_rated, value_missing, value_out_of_range, and the rules of public.lesson_ratings.';

create function public.reply_to_review(p_rating_id uuid, p_reply text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.reply_to_review(p_rating_id, p_reply);

comment on function public.reply_to_review is
    'Replies to a review, once; for the instructor whom it is about and the school''s admins. Errors: sign_in_required, review_not_found, '
    'already_replied, value_missing, and the rules of public.lesson_ratings.';

create function public.report_review(p_rating_id uuid, p_fault public.review_fault, p_statement text default null)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.report_review(p_rating_id, p_fault, p_statement);

comment on function public.report_review is
    'Reports a review to the platform for one of the listed reasons; for everybody who can read it. Errors: sign_in_required, '
    'review_not_found, too_many_reports, value_missing, and the rules of public.review_reports.';

create function public.admin_hide_review(p_rating_id uuid, p_fault public.review_fault, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_hide_review(p_rating_id, p_fault, p_reason);

comment on function public.admin_hide_review is
    'Hides a review from the public for one of the listed reasons, which its author is told; platform admins only. Its rating still counts '
    'unless the reason is off_topic or not_genuine. Errors: not_an_admin, reason_required, review_not_found, value_missing.';

create function public.admin_keep_review(p_rating_id uuid, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_keep_review(p_rating_id, p_reason);

comment on function public.admin_keep_review is
    'Answers the reports of a review by leaving it as it is, or shows a hidden one again; platform admins only. Errors: '
    'not_an_admin, reason_required, review_not_found.';

create function public.list_reviews(
    p_instructor_id uuid,
    p_limit integer default 50,
    p_after_rated_at timestamptz default null,
    p_after_id uuid default null
)
    returns table (rating_id uuid, rating smallint, review text, rated_at timestamptz, reply text, replied_at timestamptz)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select given.rating_id, given.rating, given.review, given.rated_at, given.reply, given.replied_at
    from private.list_reviews(p_instructor_id, p_limit, p_after_rated_at, p_after_id) given;
end;

comment on function public.list_reviews is
    'What learners say of an instructor who is listed, the newest first, in pages of at most 200: for the next, send rated_at '
    'and rating_id of the last row as p_after_rated_at and p_after_id. The average is in instructors.rating. For everybody.';

create function public.add_test(
    p_learner_id uuid,
    p_kind text,
    p_start_at timestamptz,
    p_end_at timestamptz,
    p_centre text default null,
    p_instructor_id uuid default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.add_test(p_learner_id, p_kind, p_start_at, p_end_at, p_centre, p_instructor_id);

comment on function public.add_test is
    'Notes when a learner is tested, and returns the test''s id. Entered by the learner, or a guardian who may book, it takes the learner''s '
    'time; entered by the instructor who goes along, or by an admin, the instructor''s, and that of a learner without a login. Nothing can '
    'be booked then. p_kind is such as "practical". Errors: sign_in_required, learner_not_found, instructor_not_found, learner_busy, '
    'instructor_busy, too_many_tests, time_is_plausible, value_missing, and the rules of public.learner_tests.';

create function public.record_test_result(p_test_id uuid, p_outcome public.test_outcome, p_note text default null)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.record_test_result(p_test_id, p_outcome, p_note);

comment on function public.record_test_result is
    'Notes that a test was passed, failed or cancelled, which frees its time; for the learner, guardians who may book, the instructor who '
    'goes along, and admins. A result can be corrected. Errors: sign_in_required, test_not_found, too_early, value_missing, and the rules of '
    'public.learner_tests.';
