create view private.ratings_are_counted
    with (security_invoker = true)
as
with voices as (
    select given.org_id, given.instructor_id, given.learner_id, avg(given.rating) as rating
    from public.lesson_ratings given
    where given.is_counted
    group by given.org_id, given.instructor_id, given.learner_id
),

counted as (
    select voice.org_id, voice.instructor_id, round(avg(voice.rating), 2) as average, count(*) as voices
    from voices voice
    group by voice.org_id, voice.instructor_id
)

select jsonb_build_object('instructor_id', instructor.id, 'rating', instructor.rating, 'rating_count', instructor.rating_count) as detail
from public.instructors instructor
left join counted on counted.org_id = instructor.org_id and counted.instructor_id = instructor.id
where (instructor.rating, instructor.rating_count) is distinct from (counted.average, coalesce(counted.voices, 0))
union all
select jsonb_build_object('lesson_id', lesson.id, 'rating', lesson.rating) as detail
from public.lessons lesson
left join public.lesson_ratings given on given.org_id = lesson.org_id and given.lesson_id = lesson.id
where lesson.rating is distinct from given.rating;

comment on view private.ratings_are_counted is
    'An instructor''s average and count are those of the learners whose ratings count, and a lesson''s rating is what was given.';
