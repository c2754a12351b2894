create function public.my_bookings(
    p_from timestamptz default '-infinity',
    p_limit integer default 50,
    p_after_start_at timestamptz default null,
    p_after_id uuid default null
)
    returns setof public.booking_details
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select details.*
    from private.list_bookings(private.my_booking_ids(p_from, p_limit, p_after_start_at, p_after_id)) details;
end;

comment on function public.my_bookings is
    'The bookings of the caller as a learner, and of learners whose guardian the caller is, from p_from on, in pages of at '
    'most 200. For the next page send start_at and id of the last row as p_after_start_at and p_after_id.';

create function public.instructor_day(
    p_instructor_id uuid,
    p_on date,
    p_limit integer default 200,
    p_after_start_at timestamptz default null,
    p_after_id uuid default null
)
    returns setof public.booking_details
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select details.*
    from private.list_bookings(
        private.instructor_day_ids(p_instructor_id, p_on, p_limit, p_after_start_at, p_after_id)
    ) details;
end;

comment on function public.instructor_day is
    'An instructor''s bookings on a date in the instructor''s time zone, for the instructor and the school''s admins, in pages of at most 200. '
    'For the next page send start_at and id of the last row as p_after_start_at and p_after_id. Errors: date_is_plausible.';

create function public.organization_bookings(
    p_org_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_limit integer default 50,
    p_after_start_at timestamptz default null,
    p_after_id uuid default null
)
    returns setof public.booking_details
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select details.*
    from private.list_bookings(
        private.organization_booking_ids(p_org_id, p_from, p_to, p_limit, p_after_start_at, p_after_id)
    ) details;
end;

comment on function public.organization_bookings is
    'The bookings of an organization between two instants, for its admins, in pages of at most 200. For the next page send '
    'start_at and id of the last row as p_after_start_at and p_after_id.';

create function public.lessons_to_complete(
    p_limit integer default 50,
    p_after_start_at timestamptz default null,
    p_after_id uuid default null
)
    returns setof public.booking_details
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select details.*
    from private.list_bookings(private.to_complete_ids(p_limit, p_after_start_at, p_after_id)) details;
end;

comment on function public.lessons_to_complete is
    'Lessons that are over and that nobody has completed, of the caller as learner, guardian who may view, instructor or admin, by time, in '
    'pages of at most 200. Each is completed by itself once its organization''s completion_grace is over, unless a claim or a problem is open. '
    'For the next page send start_at and id of the last row as p_after_start_at and p_after_id.';

create function public.lesson_materials(p_booking_id uuid)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
return private.lesson_materials(p_booking_id);

comment on function public.lesson_materials is
    'The link to what a confirmed lesson is taught with, or null; for the learner and guardians who may view. '
    'Errors: sign_in_required, booking_not_found.';

create function public.instructor_contact(p_booking_id uuid)
    returns table (display_name text, phone text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select contact.display_name, contact.phone from private.instructor_contact(p_booking_id) contact;
end;

comment on function public.instructor_contact is
    'The instructor''s name and phone number, or null, for the learner of a confirmed lesson and guardians who may view, until it is over. '
    'Errors: sign_in_required, booking_not_found.';

create function public.my_payments(
    p_limit integer default 50,
    p_after_created_at timestamptz default null,
    p_after_id uuid default null
)
    returns table (
        id uuid,
        created_at timestamptz,
        organization_name text,
        instructor_name text,
        learner_name text,
        description text,
        status public.payment_status,
        currency text,
        amount_cents bigint,
        captured_cents bigint,
        refunded_cents bigint,
        lines jsonb
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        paid.id, paid.created_at, paid.organization_name, paid.instructor_name, paid.learner_name, paid.description, paid.status,
        paid.currency, paid.amount_cents, paid.captured_cents, paid.refunded_cents, paid.lines
    from private.my_payments(p_limit, p_after_created_at, p_after_id) paid;
end;

comment on function public.my_payments is
    'What the caller has paid or begun to pay, and what was paid for learners in their care, the latest first, in pages of at most 200: a '
    'receipt where status is succeeded. lines has what it was for: [{"booking_id", "credit_id", "title", "start_at", "minutes", '
    '"amount_cents"}, …], which sum to amount_cents. For the next page send created_at and id of the last row as p_after_created_at and '
    'p_after_id. Errors: sign_in_required.';
