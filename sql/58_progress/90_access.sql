create policy select_member on public.skills
    for select
    to authenticated
    using (org_id = any ((select private.my_org_ids())::uuid[]));
-- NOTE: guardians read the skills with learner_progress.

grant select on public.skills to authenticated, service_role;

create policy select_party on public.skill_assessments
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.skill_assessments to authenticated, service_role;

create policy select_party on public.lesson_ratings
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.lesson_ratings to authenticated, service_role;

-- NOTE: the school does not read who has reported a review about it.
create policy select_own on public.review_reports
    for select
    to authenticated
    using (reported_by = (select private.my_user_id()));

grant select on public.review_reports to authenticated, service_role;

create policy select_party on public.learner_tests
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.learner_tests to authenticated, service_role;

grant execute on function private.add_test to authenticated;
grant execute on function public.add_test to authenticated;
grant execute on function private.record_test_result to authenticated;
grant execute on function public.record_test_result to authenticated;
grant execute on function private.define_syllabus to authenticated;
grant execute on function public.define_syllabus to authenticated;
grant execute on function private.assess_skills to authenticated;
grant execute on function public.assess_skills to authenticated;
grant execute on function private.learner_progress to authenticated;
grant execute on function public.learner_progress to authenticated;
grant execute on function private.rate_lesson to authenticated;
grant execute on function public.rate_lesson to authenticated;
grant execute on function private.reply_to_review to authenticated;
grant execute on function public.reply_to_review to authenticated;
grant execute on function private.report_review to authenticated;
grant execute on function public.report_review to authenticated;
grant execute on function private.admin_hide_review to authenticated;
grant execute on function public.admin_hide_review to authenticated;
grant execute on function private.admin_keep_review to authenticated;
grant execute on function public.admin_keep_review to authenticated;
grant execute on function private.list_reviews to anon, authenticated;
grant execute on function public.list_reviews to anon, authenticated;
