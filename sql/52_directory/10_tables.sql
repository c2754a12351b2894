-- The directory: who gives which lesson, where, for how much and when next, as a frontend lists them, in one call.
--
-- A row is a lesson with an instructor who gives it: a lesson that any instructor of a school gives has a row for each of them, because
-- fee, rate, place and next free time are the instructor's. Whatever a row shows as a price is what quote_booking says of that time.
-- Photos are links (instructors.avatar_url); where Supabase's Storage is, 90_access makes a bucket for them.
-- Visitors and learners call search_directory; no other room does. It has no tables.

create type public.directory_order as enum ('rating', 'price', 'distance');
comment on type public.directory_order is 'The best rated first, the cheapest first by what a lesson costs now, or the nearest first.';

create type private.directory_place as (sort_key numeric, instructor_id uuid, service_id uuid);
comment on type private.directory_place is 'Where a row stands in the directory, in the order that was asked for.';
