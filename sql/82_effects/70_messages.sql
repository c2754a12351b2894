-- What people are told when an alert is raised, a problem is reported or decided, somebody is invited, or lessons are reminded of
-- otherwise. What they are told of bookings, payments, refunds and prepaid hours stands with the other consequences of those.

-- Definer: whoever raises an alert may not write messages.
create function private.on_alert_raised()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.tell_of_alert(new);
    return null;
end;
$$;

create trigger on_alert_raised
    after insert on public.alerts
    for each row execute function private.on_alert_raised();

-- Definer: an admin who changes a setting may not write messages.
create function private.on_reminders_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.plan_reminders_anew(new.id);
    return null;
end;
$$;

create trigger on_reminders_changed
    after update of reminder_minutes on public.organizations
    for each row
    when (new.reminder_minutes is distinct from old.reminder_minutes)
    execute function private.on_reminders_changed();

-- Definer: whoever reports a problem may not write messages.
create function private.on_problem_report_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if tg_op = 'INSERT' or new.resolved_at is distinct from old.resolved_at then
        perform private.tell_of_problem(new);
    end if;
    return null;
end;
$$;

create trigger on_problem_report_changed
    after insert or update of resolved_at on public.problem_reports
    for each row execute function private.on_problem_report_changed();

-- Definer: whoever invites may not write messages.
create function private.on_invitation_made()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.tell_of_invitation(new);
    return null;
end;
$$;

create trigger on_invitation_made
    after insert on public.invitations
    for each row execute function private.on_invitation_made();

-- Definer: whoever offers a guardianship may not write messages.
create function private.on_guardianship_offered()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.consented_at is null then
        perform private.tell_of_guardianship(new);
    end if;
    return null;
end;
$$;

create trigger on_guardianship_offered
    after insert on public.learner_guardians
    for each row execute function private.on_guardianship_offered();
