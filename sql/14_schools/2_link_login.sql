-- Gives an invited instructor or learner the login that accepted. A person is one instructor and one learner of an
-- organization, again when they come back; a new instructor takes no bookings until a rate is set.
create function private.link_login(p_invitation public.invitations, p_user_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    person_name text := (
        select coalesce(nullif(profile.full_name, ''), nullif(profile.display_name, ''), 'New member')
        from public.profiles profile
        where profile.id = p_user_id
    );
begin
    if p_invitation.role = 'instructor' and p_invitation.instructor_id is null then
        insert into public.instructors (
            org_id, user_id, display_name, hourly_rate_cents, currency, time_zone, is_available
        )
        select organization.id, p_user_id, person_name, 0, organization.currency, organization.time_zone, false
        from public.organizations organization
        where organization.id = p_invitation.org_id
        on conflict (org_id, user_id) do update set is_active = true;
    elsif p_invitation.role = 'instructor' then
        update public.instructors
        set user_id = p_user_id
        where id = p_invitation.instructor_id
            and user_id is null;
        perform private.require_link(found);
    elsif p_invitation.role = 'learner' and p_invitation.learner_id is null then
        insert into public.learners (org_id, user_id, full_name, email)
        values (p_invitation.org_id, p_user_id, person_name, p_invitation.email)
        on conflict (org_id, user_id) do nothing;
    elsif p_invitation.role = 'learner' then
        update public.learners
        set user_id = p_user_id
        where id = p_invitation.learner_id
            and user_id is null;
        perform private.require_link(found);
    end if;
exception
    when unique_violation then
        perform private.require_link(false);
    when exclusion_violation then
        perform private.refuse(
            'PT409', 'calendars_overlap',
            'Your lessons elsewhere overlap those of this organization.',
            'Cancel or move one of them, then accept again.'
        );
end;
$$;
