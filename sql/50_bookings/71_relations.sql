-- A booking comes with the instructor's notes, and lets instructor and learner see each other.
-- Definer: nobody writes these tables directly.
create function private.add_booking_relations()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    insert into public.booking_notes (booking_id, org_id, instructor_id) values (new.id, new.org_id, new.instructor_id);

    insert into public.instructor_learners (org_id, instructor_id, learner_id)
    values (new.org_id, new.instructor_id, new.learner_id)
    on conflict do nothing;
    return null;
end;
$$;

create trigger add_relations
    after insert on public.bookings
    for each row execute function private.add_booking_relations();

-- When a learner gets or loses a login, earlier bookings and discounts count for the person who the learner now is.
-- Definer: nobody may write bookings and redemptions directly.
create function private.on_learner_login_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    update public.bookings
    set learner_person_id = coalesce(new.user_id, new.id)
    where learner_id = new.id;
    update public.code_redemptions
    set learner_person_id = coalesce(new.user_id, new.id)
    where learner_id = new.id;
    return null;
end;
$$;

create trigger on_learner_login_changed
    after update of user_id on public.learners
    for each row
    when (new.user_id is distinct from old.user_id)
    execute function private.on_learner_login_changed();

-- When an instructor gets or loses a login, the calendar so far becomes the calendar of the person who the instructor now is.
-- Definer: nobody may write the calendar directly.
create function private.on_instructor_login_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    update private.instructor_calendar
    set person_id = coalesce(new.user_id, new.id)
    where instructor_id = new.id;
    return null;
end;
$$;

create trigger on_instructor_login_changed
    after update of user_id on public.instructors
    for each row
    when (new.user_id is distinct from old.user_id)
    execute function private.on_instructor_login_changed();

-- When a booking ends, its prepaid minutes are consumed by what was earned, and the rest is returned. Bookings without prepaid
-- minutes have none to settle. Definer: nobody writes credits directly.
create function private.consume_booking_minutes()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.consume_credit(
        new.id,
        case
            when new.status in ('completed', 'no_show') then coalesce(new.restored_minutes, 0)
            else coalesce(new.restored_minutes, 1440)
        end
    );
    return null;
end;
$$;

create trigger consume_credit
    after update of status on public.bookings
    for each row
    when (
        new.credit_applied_cents > 0
        and new.status in ('completed', 'no_show', 'cancelled', 'declined', 'expired')
        and old.status <> new.status
    )
    execute function private.consume_booking_minutes();
