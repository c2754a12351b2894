-- Instructors who have earned money that cannot reach them yet, and what their account lacks.
select
    instructor.display_name as instructor,
    profile.email,
    coalesce(account.status::text, 'no_account') as account_status,
    detail.disabled_reason,
    detail.requirements -> 'currently_due' as currently_due,
    sum(earning.amount_cents)::bigint as waiting_cents,
    earning.currency
from public.earnings earning
join public.instructors instructor on instructor.id = earning.instructor_id
left join public.profiles profile on profile.id = instructor.user_id
left join public.stripe_connect_accounts account
    on account.instructor_id = instructor.id
    and account.retired_at is null
left join public.connect_account_details detail on detail.connect_account_id = account.id
where earning.status in ('pending', 'available')
    and earning.payee_id = instructor.id
    and account.status is distinct from 'ready'
group by
    instructor.display_name, profile.email, account.status,
    detail.disabled_reason, detail.requirements, earning.currency
order by waiting_cents desc;
