-- Notes that the time of a booking that has ended is free again, if somebody in its organization waits. 82_effects calls it, after the
-- seat was freed: whoever frees a seat holds its slot, so two never note the same time at once. It looks before it inserts, because an
-- insert would wait for maintenance to be done with a time that is noted already.
create function private.note_freed_time(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into private.freed_times (org_id, instructor_id, service_id, start_at)
    select p_booking.org_id, p_booking.instructor_id, p_booking.service_id, p_booking.start_at
    where p_booking.start_at > private.clock()
        and exists (
            select
            from public.waiting_list_entries entry
            where entry.org_id = p_booking.org_id
                and entry.ended_at is null
        )
        and not exists (
            select
            from private.freed_times noted
            where noted.org_id = p_booking.org_id
                and noted.instructor_id = p_booking.instructor_id
                and noted.service_id = p_booking.service_id
                and noted.start_at = p_booking.start_at
        )
    on conflict do nothing;
$$;

-- Offers each time that became free in an organization to the next learner who waits for it, unless it is taken or on offer, and returns
-- how many offers were made. maintain_organization (95) calls it. Nothing waits here for long: what somebody else holds at this moment is
-- left to the next call.
create function private.offer_freed_times(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
    set lock_timeout = '200ms'
as $$
declare
    freed private.freed_times;
    offered integer := 0;
begin
    delete from private.freed_times
    where (org_id, instructor_id, service_id, start_at) in (
        select past.org_id, past.instructor_id, past.service_id, past.start_at
        from private.freed_times past
        where past.org_id = p_org_id
            and past.start_at <= private.clock()
        for update skip locked
    );
    perform private.end_entries(p_org_id);

    for freed in
        with looked as (
            update private.freed_times
            set looked_at = private.clock()
            where (org_id, instructor_id, service_id, start_at) in (
                select waiting.org_id, waiting.instructor_id, waiting.service_id, waiting.start_at
                from private.freed_times waiting
                where waiting.org_id = p_org_id
                order by waiting.looked_at nulls first, waiting.start_at
                limit 500
                for update skip locked
            )
            returning *
        )

        select looked.*
        from looked
        order by looked.start_at, looked.instructor_id, looked.service_id
    loop
        begin
            if private.offer_freed_time(freed) then
                offered := offered + 1;
            end if;
        exception
            when lock_not_available or deadlock_detected then
                continue; -- somebody is booking there at this moment
        end;
    end loop;
    return offered;
end;
$$;

-- Ends an organization's entries by which their learner has got a lesson, and those whose last date has passed.
create function private.end_entries(p_org_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.waiting_list_entries
    set ended_at = private.clock()
    where (org_id, id) in (
        select entry.org_id, entry.id
        from public.waiting_list_entries entry
        where entry.org_id = p_org_id
            and entry.ended_at is null
            and (
                entry.until_date < (private.clock() at time zone 'UTC')::date - 1
                or exists (
                    select
                    from private.waiting_offers offer
                    join public.bookings booking on booking.org_id = offer.org_id and booking.id = offer.booking_id
                    where offer.org_id = entry.org_id
                        and offer.entry_id = entry.id
                        and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show')
                )
            )
        for update skip locked
    );
end;
$$;

-- Offers a time to the first who can have it, and says whether there was one. Who cannot is noted with the reason, and not asked again; who
-- waits for a lesson that the time does not hold, such as a longer one, is passed over. After five offers that nobody took the time is
-- everybody's, so that no crowd of accounts keeps it from others by waiting for it.
create function private.offer_freed_time(p_freed private.freed_times)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    suitable record;
    offered public.bookings;
    refusal jsonb;
    refused_code text;
    closed_service_ids uuid[] := '{}';
begin
    if private.was_offered_enough(p_freed) then
        return false;
    end if;
    for suitable in
        select entry_id, service_id from private.suitable_entries(p_freed)
    loop
        continue when suitable.service_id = any (closed_service_ids);
        if not private.is_slot_open(p_freed.instructor_id, suitable.service_id, p_freed.start_at, null) then
            closed_service_ids := closed_service_ids || suitable.service_id;
            continue;
        end if;
        refused_code := null;
        begin
            offered := private.hold_for_entry(p_freed, suitable.entry_id, suitable.service_id);
        exception
            when sqlstate 'PT409' or sqlstate 'PT422' or sqlstate 'PT429' then
                get stacked diagnostics refused_code = pg_exception_detail;
                refusal := refused_code::jsonb;
                refused_code := refusal ->> 'code';
        end;
        if refused_code = 'slot_taken' then
            closed_service_ids := closed_service_ids || suitable.service_id;
            continue;
        end if;
        insert into private.waiting_offers (org_id, entry_id, instructor_id, start_at, booking_id, refusal)
        values (
            p_freed.org_id, suitable.entry_id, p_freed.instructor_id, p_freed.start_at,
            case when refused_code is null then offered.id end, refused_code
        );
        if refused_code is null then
            perform private.tell_of_offer(offered);
            return true;
        end if;
    end loop;
    return false;
end;
$$;

-- Whether a time has been offered five times.
create function private.was_offered_enough(p_freed private.freed_times)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select count(*) >= 5
    from private.waiting_offers offer
    where offer.org_id = p_freed.org_id
        and offer.instructor_id = p_freed.instructor_id
        and offer.start_at = p_freed.start_at
        and offer.booking_id is not null;
$$;

-- Who waits for a time, in the order in which they joined, and the service that they would book: a learner to whom it was not offered
-- before, by whichever entry, without another lesson on offer, free themselves, and for whom the lesson could be booked at a price that they
-- would pay.
create function private.suitable_entries(p_freed private.freed_times)
    returns table (entry_id uuid, service_id uuid)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select entry.id, service.id
    from public.waiting_list_entries entry
    join public.instructors instructor on instructor.org_id = entry.org_id and instructor.id = p_freed.instructor_id
    join public.services service
        on service.org_id = entry.org_id
        and service.id = coalesce(entry.service_id, p_freed.service_id)
        and coalesce(service.instructor_id, instructor.id) = instructor.id
        and not service.requires_approval
    join public.learners learner on learner.org_id = entry.org_id and learner.id = entry.learner_id
    cross join lateral (
        select
            p_freed.start_at at time zone instructor.time_zone as starts,
            (p_freed.start_at + make_interval(mins => service.duration_minutes)) at time zone instructor.time_zone as ends,
            tstzrange(p_freed.start_at, p_freed.start_at + make_interval(mins => service.duration_minutes)) as during
    ) lesson
    where entry.org_id = p_freed.org_id
        and entry.ended_at is null
        and coalesce(entry.instructor_id, instructor.id) = instructor.id
        and extract(dow from lesson.starts)::integer = any (entry.days)
        and lesson.starts::time >= entry.from_time
        and lesson.ends <= lesson.starts::date + entry.to_time
        and lesson.starts::date <= coalesce(entry.until_date, 'infinity')
        and (
            entry.max_total_cents is null
            or (private.price_service(service.id, instructor.id, p_freed.start_at)).total_cents <= entry.max_total_cents
        )
        and not exists (
            select
            from public.waiting_list_entries own
            join private.waiting_offers offer on offer.org_id = own.org_id and offer.entry_id = own.id
            left join public.bookings booking on booking.org_id = offer.org_id and booking.id = offer.booking_id
            where own.org_id = entry.org_id
                and own.learner_id = entry.learner_id
                and (
                    booking.status in ('proposed', 'held', 'requested')
                    or ((offer.instructor_id, offer.start_at) = (instructor.id, p_freed.start_at) and booking.id is not null)
                    or (
                        own.id = entry.id
                        and (
                            (offer.instructor_id, offer.start_at) = (instructor.id, p_freed.start_at)
                            or booking.status in ('confirmed', 'in_progress', 'completed', 'no_show')
                        )
                    )
                )
        )
        and (
            learner.user_id is null
            or exists (
                select
                from public.organization_members member
                where member.org_id = learner.org_id
                    and member.user_id = learner.user_id
                    and member.role = 'learner'
            )
        )
        and private.is_learner_reachable(learner.id)
        and private.has_required_consent(learner.id)
        and not private.busy_times(
            coalesce(learner.user_id, learner.id), lower(lesson.during), upper(lesson.during), null
        ) && lesson.during
    order by entry.created_at, entry.id;
end;
$$;

-- Proposes the time to the learner of an entry, as any booking, and refuses what the learner could not keep.
create function private.hold_for_entry(p_freed private.freed_times, p_entry_id uuid, p_service_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    learner public.learners;
    service public.services;
    instructor public.instructors;
    organization public.organizations;
begin
    select known.* into strict learner
    from public.waiting_list_entries entry
    join public.learners known on known.org_id = entry.org_id and known.id = entry.learner_id
    where entry.org_id = p_freed.org_id
        and entry.id = p_entry_id;
    select * into strict service from public.services where org_id = p_freed.org_id and id = p_service_id;
    select * into strict instructor from public.instructors where org_id = p_freed.org_id and id = p_freed.instructor_id;
    select * into strict organization from public.organizations where id = p_freed.org_id;

    perform private.lock_learner(learner.id);
    perform private.assert_may_hold(coalesce(learner.user_id, learner.id), null, organization);
    perform private.assert_slot_is_bookable(p_freed.start_at, service, instructor);
    perform private.lock_daily_cap(instructor);
    return private.reserve_slot(
        private.ensure_slot(service, instructor, p_freed.start_at, null), learner,
        row(null, null, null, null, null, false, false, null, null, null, false, true, null)::private.booking_request
    );
end;
$$;

-- Tells a learner of a time that is kept for them.
create function private.tell_of_offer(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.raise_alert(
        p_booking.org_id, null, 'time_offered',
        format(
            'A lesson on %s has become free. It is kept for you until %s: accept it, or let it go to the next.',
            to_char(p_booking.start_at at time zone instructor.time_zone, 'YYYY-MM-DD HH24:MI'),
            to_char(p_booking.hold_expires_at at time zone instructor.time_zone, 'YYYY-MM-DD HH24:MI')
        ),
        'bookings', p_booking.id, format('booking:%s:offered', p_booking.id), p_booking.learner_id
    )
    from public.instructors instructor
    where instructor.org_id = p_booking.org_id
        and instructor.id = p_booking.instructor_id;
$$;
