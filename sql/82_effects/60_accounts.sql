-- A new organization gets the default cancellation policy. Definer: nobody writes policies directly.
create function private.on_organization_added()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.add_cancellation_policy(new);
    return null;
end;
$$;

create trigger on_organization_added
    after insert on public.organizations
    for each row execute function private.on_organization_added();

-- When a learner gets or loses a login, bookings and discounts count for the person. Definer: nobody writes them directly.
create function private.on_learner_login_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.user_id is distinct from old.user_id then
        perform private.set_learner_person(new);
    end if;
    return null;
end;
$$;

create trigger on_learner_login_changed
    after update of user_id on public.learners
    for each row execute function private.on_learner_login_changed();

-- When an instructor gets or loses a login, the times are the person's. Definer: nobody writes the calendar directly.
create function private.on_instructor_login_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.user_id is distinct from old.user_id then
        perform private.move_calendar(new.org_id, new.id, coalesce(new.user_id, new.id));
    end if;
    return null;
end;
$$;

create trigger on_instructor_login_changed
    after update of user_id on public.instructors
    for each row execute function private.on_instructor_login_changed();

-- When an instructor has left an organization, nothing more of theirs is sold there, and the organization is told of the lessons ahead. When a
-- learner has, their card is charged for nothing more there.
-- Definer: whoever removes a member may not write instructors, bookings and alerts.
create function private.on_member_left()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if old.role = 'instructor' then
        perform private.report_lessons_ahead(private.deactivate_former_instructor(old));
    elsif old.role = 'learner' then
        perform private.cancel_unpaid_of_former_learner(old);
    end if;
    return null;
end;
$$;

create trigger on_member_left
    after delete on public.organization_members
    for each row execute function private.on_member_left();
