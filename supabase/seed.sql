-- A driving school to look at, for local databases only: its owner, an instructor, a learner, and a lesson of 60 minutes at
-- 95.00 AUD. Nobody has a password; to sign in as the owner, set one in Auth, or sign up afresh.
insert into auth.users (id, aud, role, email, email_confirmed_at, raw_user_meta_data)
values (
    '00000000-0000-4000-8000-0000000000d1', 'authenticated', 'authenticated', 'owner@demo.com', now(),
    '{"full_name": "Demo Owner"}'
);

insert into public.organizations (id, name, slug, time_zone, currency)
values ('00000000-0000-4000-8000-0000000000d0', 'Demo Driving School', 'demo-driving-school', 'Australia/Sydney', 'aud');

insert into public.organization_members (org_id, user_id, role)
values ('00000000-0000-4000-8000-0000000000d0', '00000000-0000-4000-8000-0000000000d1', 'owner');

insert into public.instructors (id, org_id, display_name, hourly_rate_cents, currency, time_zone, verification_status)
values (
    '00000000-0000-4000-8000-0000000000d2', '00000000-0000-4000-8000-0000000000d0', 'Casey Instructor', 9500, 'aud',
    'Australia/Sydney', 'verified'
);

insert into public.availability_windows (instructor_id, day_of_week, start_time, end_time)
select '00000000-0000-4000-8000-0000000000d2', weekday, time '09:00', time '17:00'
from generate_series(1, 5) weekday;

insert into public.learners (id, org_id, full_name)
values ('00000000-0000-4000-8000-0000000000d3', '00000000-0000-4000-8000-0000000000d0', 'Alex Student');

insert into public.services (id, org_id, title, duration_minutes, currency)
values (
    '00000000-0000-4000-8000-0000000000d4', '00000000-0000-4000-8000-0000000000d0', '60-min Lesson', 60, 'aud'
);

insert into public.rate_cards (id, org_id, name, currency, is_default)
values ('00000000-0000-4000-8000-0000000000d5', '00000000-0000-4000-8000-0000000000d0', 'Default 2025', 'aud', true);

insert into public.rate_card_items (org_id, rate_card_id, service_id, currency, price_cents)
values (
    '00000000-0000-4000-8000-0000000000d0', '00000000-0000-4000-8000-0000000000d5', '00000000-0000-4000-8000-0000000000d4',
    'aud', 9500
);

-- What it teaches: the 27 skills of a driver's record, each assessed from 1 (introduced) to 5 (independent).
insert into public.skills (org_id, syllabus, area, title, position)
values
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Before driving', 'Legal responsibilities', 1),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Before driving', 'Cockpit checks', 2),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Before driving', 'Safety checks', 3),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Before driving', 'Controls and instruments', 4),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Vehicle control', 'Moving off and stopping', 5),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Vehicle control', 'Safe positioning', 6),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Vehicle control', 'Mirrors: vision and use', 7),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Vehicle control', 'Signals', 8),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Vehicle control', 'Use of speed', 9),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Vehicle control', 'Eco-safe driving', 10),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Roads and traffic', 'Anticipation and planning', 11),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Roads and traffic', 'Other traffic', 12),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Roads and traffic', 'Junctions', 13),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Roads and traffic', 'Roundabouts', 14),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Roads and traffic', 'Pedestrian crossings', 15),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Roads and traffic', 'Dual carriageways', 16),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Roads and traffic', 'Motorways', 17),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Roads and traffic', 'Country roads', 18),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Manoeuvres', 'Turning the vehicle around', 19),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Manoeuvres', 'Reversing', 20),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Manoeuvres', 'Parking', 21),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Manoeuvres', 'Emergency stop', 22),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Conditions', 'Driving in the dark', 23),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Conditions', 'Weather conditions', 24),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'Conditions', 'Passengers and loads', 25),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'On one''s own', 'Following a sat nav', 26),
    ('00000000-0000-4000-8000-0000000000d0', 'Driving', 'On one''s own', 'Independent driving', 27);
