-- What a payout is made of, line by line: whose lesson, when, and what was earned or given back. The learner is named by
-- initials. The lines sum to the payout.
create function private.statement_lines(p_payout_id uuid)
    returns table (
        line bigint,
        payout_date date,
        instructor text,
        kind public.earning_kind,
        booking_id uuid,
        lesson_at timestamptz,
        service text,
        learner_initials text,
        amount_cents bigint,
        currency text
    )
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select
        row_number() over (order by instructor.display_name, booking.start_at nulls last, earning.kind, earning.created_at, earning.id),
        payout.payout_date,
        instructor.display_name,
        earning.kind,
        earning.booking_id,
        booking.start_at,
        service.title,
        private.initials(learner.full_name),
        item.amount_cents,
        payout.currency
    from public.payouts payout
    join public.payout_items item on item.payout_id = payout.id
    join public.earnings earning on earning.id = item.earning_id
    join public.instructors instructor on instructor.id = item.instructor_id
    left join public.bookings booking on booking.id = earning.booking_id
    left join public.services service on service.id = booking.service_id
    left join public.learners learner on learner.id = booking.learner_id
    where payout.id = p_payout_id
    order by 1;
$$;
