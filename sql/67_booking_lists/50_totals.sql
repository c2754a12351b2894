-- Document 4's totals of a learner, by currency, as far as the caller may read bookings and payments.
create view public.learner_totals
    with (security_invoker = true)
as
select
    learner.org_id,
    learner.id as learner_id,
    learner.user_id as user_profile_id,
    booked.lessons::integer as total_sessions_booked,
    learner.lesson_count as total_sessions,
    spent.currency,
    coalesce(spent.cents, 0)::bigint as total_spent_cents
from public.learners learner
cross join lateral (
    select count(*) as lessons
    from public.bookings booking
    where booking.org_id = learner.org_id
        and booking.learner_id = learner.id
        and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show')
) booked
left join lateral (
    select payment.currency, sum(payment.captured_cents - payment.refunded_cents - payment.lost_cents) as cents
    from public.payments payment
    where payment.org_id = learner.org_id
        and payment.learner_id = learner.id
        and payment.captured_cents > 0
    group by payment.currency
) spent on true;

comment on view public.learner_totals is
    'What document 4 keeps with a learner''s profile, one row for each currency: lessons booked that stand or took place, lessons given, and '
    'what was paid and not given back. currency is null for who has paid nothing. An instructor sees what was paid to them.';

create trigger refuse_write_to_view
    instead of insert or update or delete on public.learner_totals
    for each row execute function private.refuse_write_to_view();
