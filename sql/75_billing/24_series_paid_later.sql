-- Books a series of which each lesson is charged to the caller's default card two days before it. For the learner, or a guardian who may book
-- and pay. A lesson that begins sooner is paid in the checkout. Definer: as request_booking_series.
create function private.request_series_paid_later(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_occurrences integer,
    p_every_weeks integer,
    p_mode public.series_mode,
    p_learner_user_id uuid,
    p_learner_id uuid,
    p_notes text
)
    returns table (
        occurrence integer, start_at timestamptz, booking_id uuid, refusal text, order_id uuid, collect_at timestamptz, hold_expires_at timestamptz
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    instructor constant public.instructors := private.require_instructor_of_service(p_instructor_id, p_service_id);
begin
    perform private.assert_may_spend(
        private.require_bookable_learner(
            case when p_learner_id is null then coalesce(p_learner_user_id, person) else p_learner_user_id end,
            p_learner_id,
            instructor.org_id
        ),
        true
    );
    if (private.default_card(person)).id is null then
        perform private.refuse(
            'PT409', 'no_saved_card',
            'Lessons that are paid later need a saved card.',
            'Save one with POST /setup-intents, or choose a default with set_default_payment_method.'
        );
    end if;
    for occurrence, start_at, booking_id, refusal, order_id in
        select series.occurrence, series.start_at, series.booking_id, series.refusal, series.order_id
        from private.request_booking_series(
            p_instructor_id, p_service_id, p_start_at, p_occurrences, p_every_weeks, p_mode, p_learner_user_id, p_learner_id, p_notes, false,
            person
        ) series
    loop
        select booking.collect_at, booking.hold_expires_at into collect_at, hold_expires_at
        from public.bookings booking
        where booking.id = booking_id;
        return next;
    end loop;
end;
$$;

-- The card that a person has chosen to pay with; a row of nulls without one.
create function private.default_card(p_user_id uuid)
    returns public.payment_methods
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select method.*
    from public.payment_methods method
    join public.stripe_customers customer on customer.org_id = method.org_id and customer.id = method.customer_id
    where method.user_id = p_user_id
        and method.is_default
        and method.type = 'card'
        and customer.deleted_at is null
    order by customer.livemode desc
    limit 1;
$$;
