-- Fills a migrated database with a city of city.instructors instructors, each with city.slots slots from city.tomorrow on.
-- Run by the superuser, with triggers and foreign keys off. There are as many learners as instructors.

-- Every other person belongs to the marketplace, the others to schools of ten. Ten people stand out, in whatever city.
create temporary table person as
select
    number,
    md5('instructor ' || number)::uuid as instructor_id,
    md5('teacher ' || number)::uuid as teacher_id,
    md5('service ' || number)::uuid as service_id,
    md5('learner ' || number)::uuid as learner_id,
    md5('pupil ' || number)::uuid as pupil_id,
    case number % 2
        when 0 then '00000000-0000-4000-8000-000000000001'::uuid
        else md5('school ' || number / 20)::uuid
    end as org_id,
    words[1 + number % 10] as word,
    case when number < 10 then 'quixote' else words[1 + number / 10 % 10] end as name,
    case when number < 10 then 'skid-pan' else 'hills' end as topic
from generate_series(0, current_setting('city.instructors')::integer - 1) number
cross join (
    select array['alder', 'birch', 'cedar', 'elder', 'hazel', 'linden', 'maple', 'rowan', 'thorn', 'willow'] as words
) wood;

create unique index on person (number);
analyze person;

-- Eight slots a day, from nine on.
create temporary table slot as
select
    number,
    current_setting('city.tomorrow')::date + number / 8 as on_date,
    current_setting('city.tomorrow')::timestamptz + make_interval(days => number / 8, hours => number % 8 + 9) as start_at
from generate_series(0, current_setting('city.slots')::integer - 1) number;

analyze slot;

insert into public.organizations (id, name, slug, time_zone, currency)
select md5('school ' || number)::uuid, 'School ' || number, 'school-' || number, 'UTC', 'gbp'
from generate_series(0, current_setting('city.instructors')::integer / 20) number;

-- The policy of an organization bears its id.
insert into public.cancellation_policies (id, org_id, version)
select id, id, 99
from public.organizations;

insert into auth.users (id, email)
select user_id, user_id || '@example.org'
from person
cross join lateral (values (teacher_id), (pupil_id)) login (user_id);

insert into public.profiles (id, email)
select id, email
from auth.users;

insert into public.organization_members (org_id, user_id, role)
select org_id, user_id, role::public.org_role
from person
cross join lateral (values (teacher_id, 'instructor'), (pupil_id, 'learner')) login (user_id, role)
union all
select org_id, teacher_id, 'owner'
from person
where number % 20 = 1;

insert into public.instructors (
    id, org_id, user_id, display_name, expertise_areas, hourly_rate_cents, currency, verification_status, time_zone,
    area_lat, area_lng, facets
)
select
    instructor_id, org_id, teacher_id, initcap(word || ' ' || name), array[word, topic], 4500, 'gbp', 'verified', 'UTC',
    case when number < 10 then 60 else number % 50 end, number % 100,
    jsonb_build_object('languages', array[case when number < 10 then 'eo' else 'en' end])
from person;

insert into public.instructor_details (instructor_id, org_id)
select instructor_id, org_id
from person;

insert into public.learners (id, org_id, user_id, full_name)
select learner_id, org_id, pupil_id, initcap(word)
from person;

insert into public.learner_details (learner_id, org_id)
select learner_id, org_id
from person;

insert into public.learner_contacts (learner_id, org_id)
select learner_id, org_id
from person;

insert into public.services (id, org_id, instructor_id, title, topic_tags, duration_minutes, price_cents, currency)
select service_id, org_id, instructor_id, initcap(name || ' road'), array[word, topic], 60, 4500, 'gbp'
from person;

insert into public.availability_windows (id, org_id, instructor_id, day_of_week, start_time, end_time, time_zone)
select md5('window ' || number || ' ' || day)::uuid, org_id, instructor_id, day, '09:00', '17:00', 'UTC'
from person
cross join generate_series(0, 6) day;

insert into public.availability_exceptions (org_id, instructor_id, on_date, is_available, start_time, end_time, time_zone)
select org_id, instructor_id, current_setting('city.tomorrow')::date + day, day % 2 = 1, '18:00', '20:00', 'UTC'
from person
cross join generate_series(4, 79, 15) day;

-- Every tenth slot is booked.
insert into public.bookable_slots (
    id, org_id, service_id, instructor_id, availability_window_id, start_at, end_at, current_bookings
)
select
    md5('slot ' || person.number || ' ' || slot.number)::uuid, person.org_id, person.service_id, person.instructor_id,
    md5('window ' || person.number || ' ' || extract(dow from slot.on_date))::uuid,
    slot.start_at, slot.start_at + interval '1 hour', (slot.number % 10 = 0)::integer
from person
cross join slot;

-- By one of five learners of the same organization in turn, so that nobody is in two places.
create temporary table lesson as
select
    md5('booking ' || teacher.number || ' ' || slot.number)::uuid as booking_id,
    md5('slot ' || teacher.number || ' ' || slot.number)::uuid as slot_id,
    teacher.org_id,
    teacher.instructor_id,
    teacher.teacher_id,
    teacher.service_id,
    pupil.learner_id,
    pupil.pupil_id,
    slot.start_at,
    slot.start_at + interval '1 hour' as end_at
from person teacher
cross join slot
join person pupil
    on pupil.number = teacher.number / 20 * 20 + (teacher.number + 2 * (slot.number / 10 % 5)) % 20
where slot.number % 10 = 0;

insert into private.person_calendar (org_id, instructor_id, person_id, slot_id, chain_id, during)
select org_id, instructor_id, teacher_id, slot_id, booking_id, tstzrange(start_at, end_at)
from lesson;

insert into private.person_calendar (org_id, learner_id, person_id, booking_id, chain_id, during)
select org_id, learner_id, pupil_id, booking_id, booking_id, tstzrange(start_at, end_at)
from lesson;

insert into public.bookings (
    id, org_id, order_id, learner_id, instructor_id, service_id, slot_id, learner_person_id, is_group, start_at, end_at, status,
    currency, price_cents, platform_fee_cents, instructor_share_cents, total_cents, fee_mode, fee_bps, booked_by,
    is_fee_refundable, payout_hold, cancellation_policy_id
)
select
    booking_id, org_id, booking_id, learner_id, instructor_id, service_id, slot_id, pupil_id, false, start_at, end_at, 'confirmed',
    'gbp', 4500, 810, 4500, 5310, 'on_top', 1800, pupil_id,
    true, interval '24 hours', org_id
from lesson;

insert into private.open_bookings (org_id, booking_id, end_at)
select org_id, booking_id, end_at
from lesson;

insert into public.booking_notes (booking_id, org_id, instructor_id)
select booking_id, org_id, instructor_id
from lesson;

insert into public.instructor_learners (org_id, instructor_id, learner_id)
select distinct org_id, instructor_id, learner_id
from lesson;

-- The order of a lesson, its item and its payment bear the id of its booking.
insert into public.orders (id, org_id, learner_id, instructor_id, currency, placed_by, withdrawal_mode)
select booking_id, org_id, learner_id, instructor_id, 'gbp', pupil_id, 'none'
from lesson;

insert into public.order_items (
    id, org_id, order_id, learner_id, instructor_id, kind, booking_id, currency, minutes, list_cents, discount_cents, fee_cents,
    share_cents, is_fee_refundable, is_paid
)
select booking_id, org_id, booking_id, learner_id, instructor_id, 'booking', booking_id, 'gbp', 60, 4500, 0, 810, 4500, true, true
from lesson;

insert into public.payments (
    id, org_id, order_id, payer_id, learner_id, instructor_id, currency, list_cents, discount_cents, fee_cents, share_cents,
    amount_cents, minutes, is_accepted, status, captured_cents, stripe_payment_intent_id, stripe_charge_id
)
select
    booking_id, org_id, booking_id, pupil_id, learner_id, instructor_id, 'gbp', 4500, 0, 810, 4500,
    5310, 60, true, 'succeeded', 5310, 'pi_' || booking_id, 'ch_' || booking_id
from lesson;

insert into public.payment_items (
    org_id, payment_id, item_id, booking_id, learner_id, instructor_id, share_cents, fee_cents, discount_cents, amount_cents
)
select org_id, booking_id, booking_id, booking_id, learner_id, instructor_id, 4500, 810, 0, 5310
from lesson;
