-- What happened to a booking, an order, a payment, an instructor or a person, newest first, from every table in one call. Admins of a
-- school see what belongs to it; the reasons of the platform's admins, the ledger, and a person's login are for the platform. What happened at
-- one moment is never parted by the end of a page, so that the next one can begin before it.
-- Definer: the log's reasons, the ledger and the messages may not be read by those who ask.
create function private.timeline(p_type text, p_id uuid, p_before timestamptz)
    returns table (
        happened_at timestamptz,
        org_id uuid,
        source text,
        entity_type text,
        entity_id text,
        event text,
        details jsonb,
        actor_kind text,
        user_id uuid,
        reason text
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    is_platform constant boolean := private.is_platform_admin();
    org_ids constant uuid[] := private.my_admin_org_ids();
begin
    perform private.require_person();
    perform private.assert_timeline_type(p_type);
    return query
    with subject as materialized (
        select distinct part.org_id, part.entity_type, part.entity_id
        from private.timeline_parts(p_type, p_id) part
        where is_platform
            or part.org_id = any (org_ids)
    )

    select
        told.happened_at, told.org_id, told.source, told.entity_type, told.entity_id, told.event, told.details, told.actor_kind,
        told.user_id, told.reason
    from (
        select page.*
        from (
            select
                log.created_at as happened_at, subject.org_id, 'audit' as source, subject.entity_type, subject.entity_id, log.action as event,
                jsonb_build_object('old', log.old_values, 'new', log.new_values) as details, log.actor_kind::text as actor_kind, log.user_id,
                case when is_platform then log.reason end as reason, log.id as place
            from subject
            join public.audit_logs log
                on log.org_id is not distinct from subject.org_id
                and log.entity_type = subject.entity_type
                and log.entity_id = subject.entity_id
            union all
            select
                history.happened_at, subject.org_id, history.source, subject.entity_type, subject.entity_id, history.event, history.details,
                null, null, null, history.place
            from subject
            cross join lateral private.history_of(subject.org_id, subject.entity_type, subject.entity_id, is_platform) history
        ) page
        where page.happened_at < coalesce(p_before, 'infinity')
        order by page.happened_at desc
        fetch first 1000 rows with ties
    ) told
    order by told.happened_at desc, told.source, told.place desc, told.entity_type, told.entity_id, told.event, told.details;

    if not found then
        perform private.refuse_unknown_timeline(p_type, p_id, p_before);
    end if;
end;
$$;

-- Refuses what has no timeline.
create function private.assert_timeline_type(p_type text)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_type is null or p_type not in ('booking', 'order', 'payment', 'instructor', 'person') then
        perform private.refuse(
            'PT422', 'no_such_timeline',
            'There is no timeline of that.',
            'Ask for a booking, order, payment, instructor or person.'
        );
    end if;
end;
$$;

-- Refuses the first page of what is unknown or somebody else's, alike; a later page is simply empty.
create function private.refuse_unknown_timeline(p_type text, p_id uuid, p_before timestamptz)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_before is null then
        perform private.refuse(
            'PT404', 'timeline_not_found',
            format('You administer no %s with that id.', p_type),
            'Check the id, and who is signed in.'
        );
    end if;
end;
$$;

-- The rows that a timeline is about, by the table's name and the key that the audit log knows them by.
create function private.timeline_parts(p_type text, p_id uuid)
    returns table (org_id uuid, entity_type text, entity_id text)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    order_ids constant uuid[] := private.orders_of_timeline(p_type, p_id);
    booking_ids constant uuid[] := private.bookings_of_timeline(p_type, p_id, order_ids);
    payment_ids uuid[];
    instructor_ids uuid[];
begin
    payment_ids := array(
        select payment.id from public.payments payment where p_type = 'payment' and payment.id = p_id
        union
        select payment.id
        from public.orders ordered
        join public.payments payment on payment.org_id = ordered.org_id and payment.order_id = ordered.id
        where p_type <> 'payment'
            and ordered.id = any (order_ids)
    );
    instructor_ids := array(
        select instructor.id from public.instructors instructor where p_type = 'instructor' and instructor.id = p_id
        union
        select instructor.id from public.instructors instructor where p_type = 'person' and instructor.user_id = p_id
    );
    return query
    select part.org_id, part.entity_type, part.entity_id from private.parts_of_bookings(booking_ids) part
    union all
    select part.org_id, part.entity_type, part.entity_id from private.parts_of_orders(order_ids) part where p_type <> 'booking'
    union all
    select part.org_id, part.entity_type, part.entity_id from private.parts_of_payments(payment_ids) part
    union all
    select part.org_id, part.entity_type, part.entity_id from private.parts_of_instructors(instructor_ids) part
    union all
    select part.org_id, part.entity_type, part.entity_id from private.parts_of_person(p_id) part where p_type = 'person';
end;
$$;

-- The orders in which somebody bought or paid, or that a booking or a payment is of.
create function private.orders_of_timeline(p_type text, p_id uuid)
    returns uuid[]
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return array(
        select ordered.id from public.orders ordered where p_type = 'order' and ordered.id = p_id
        union
        select booking.order_id from public.bookings booking where p_type = 'booking' and booking.id = p_id
        union
        select payment.order_id from public.payments payment where p_type = 'payment' and payment.id = p_id
        union
        select payment.order_id from public.payments payment where p_type = 'person' and payment.payer_id = p_id
        union
        select ordered.id from public.orders ordered where p_type = 'person' and ordered.placed_by = p_id
    );
end;
$$;

-- One booking, or those of orders, and for a person those that are to be paid by nobody.
create function private.bookings_of_timeline(p_type text, p_id uuid, p_order_ids uuid[])
    returns uuid[]
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return array(
        select booking.id from public.bookings booking where p_type = 'booking' and booking.id = p_id
        union
        select booking.id
        from public.orders ordered
        join public.bookings booking on booking.org_id = ordered.org_id and booking.order_id = ordered.id
        where p_type <> 'booking'
            and ordered.id = any (p_order_ids)
        union
        select booking.id
        from public.learners learner
        join public.bookings booking on booking.org_id = learner.org_id and booking.learner_id = learner.id
        where p_type = 'person'
            and learner.user_id = p_id
    );
end;
$$;
