-- Hours that were bought and not used, by instructor: what lessons will use up of them, and the instructor's part of the rest.
select
    organization.name as organization,
    instructor.display_name as instructor,
    credit.currency,
    count(distinct credit.learner_id) as learners,
    round(sum(credit.minutes_left) / 60.0, 2) as hours_left,
    round(sum(credit.minutes_reserved) / 60.0, 2) as hours_booked,
    sum((private.next_credit_part(credit, credit.minutes_left)).share_cents) as unused_share_cents,
    round(sum(credit.minutes_left) filter (where credit.status = 'frozen') / 60.0, 2) as hours_frozen,
    min(credit.expires_at) as next_expiry_at
from public.learner_credits credit
join public.organizations organization on organization.id = credit.org_id
join public.instructors instructor on instructor.id = credit.instructor_id
where credit.status in ('active', 'frozen')
    and credit.minutes_left + credit.minutes_reserved > 0
group by organization.name, instructor.org_id, instructor.id, credit.currency
order by organization.name, instructor.display_name;
