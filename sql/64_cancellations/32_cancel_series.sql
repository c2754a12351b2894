-- What cancelling the rest of a series would give back at this instant, booking by booking.
-- Definer: parties of a booking may not read its payments' books.
create function private.preview_series_cancellation(p_series_id uuid, p_from timestamptz)
    returns table (
        booking_id uuid, start_at timestamptz, refund_bps integer,
        refund_cents bigint, kept_cents bigint, restored_minutes integer, currency text
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
    outcome private.cancellation_outcome;
begin
    for booking in
        select ahead.*
        from private.rest_of_series(p_series_id, p_from) ahead
    loop
        outcome := private.calculate_cancellation_outcome(booking, private.party_of(booking), false);
        booking_id := booking.id;
        start_at := booking.start_at;
        refund_bps := outcome.refund_bps;
        refund_cents := outcome.cancellation_refund_cents;
        kept_cents := outcome.kept_cents;
        restored_minutes := outcome.restored_minutes;
        currency := booking.currency;
        return next;
    end loop;
end;
$$;

-- Cancels the rest of a series at once and refunds what preview_series_cancellation said, or refuses if that has changed. Each
-- booking is refunded by its own policy and notice; nothing is left to cancel a second time.
-- Definer: bookings change only through functions.
create function private.cancel_series(
    p_series_id uuid,
    p_from timestamptz,
    p_reason text,
    p_expected_refund_cents bigint
)
    returns table (
        booking_id uuid, start_at timestamptz, refund_bps integer,
        refund_cents bigint, restored_minutes integer, currency text
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    ids constant uuid[] := array(select ahead.id from private.rest_of_series(p_series_id, p_from) ahead);
    broken_rule text;
begin
    perform private.lock_endings(ids);
    perform private.cancel_locked(ids, null, p_reason);
    perform private.assert_refund_is_expected(
        (
            select coalesce(sum(booking.cancellation_refund_cents), 0)::bigint
            from public.bookings booking
            where booking.id = any (ids)
        ),
        p_expected_refund_cents
    );

    return query
    select
        booking.id, booking.start_at, booking.refund_bps, booking.cancellation_refund_cents, booking.restored_minutes,
        booking.currency
    from public.bookings booking
    where booking.id = any (ids)
        and booking.status = 'cancelled'
    order by booking.start_at, booking.id;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- The bookings of a series that are still ahead, from p_from on; refuses whoever is no party of it.
create function private.rest_of_series(p_series_id uuid, p_from timestamptz)
    returns setof public.bookings
    language plpgsql
    stable
    security invoker
    rows 20
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    perform private.require_person();
    select * into booking
    from public.bookings
    where org_id = (select series.org_id from public.booking_series series where series.id = p_series_id)
        and series_id = p_series_id
    limit 1;
    if private.party_of(booking) is null then
        perform private.refuse(
            'PT404', 'series_not_found',
            'You have no such series of bookings.',
            'Check the series'' id, and that you are signed in as the right person.'
        );
    end if;

    return query
    select ahead.*
    from public.bookings ahead
    where ahead.org_id = booking.org_id
        and ahead.series_id = p_series_id
        and ahead.status in ('proposed', 'held', 'requested', 'confirmed')
        and ahead.start_at > private.clock()
        and ahead.start_at >= coalesce(p_from, '-infinity')
    order by ahead.start_at, ahead.id;
end;
$$;

-- Cancels bookings that the caller has locked, for this party or else for what the session's person is to each. What each refunds is
-- decided as it ends. A replacement goes before its original, which would end it.
create function private.cancel_locked(p_booking_ids uuid[], p_party public.booking_party, p_reason text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    ahead public.bookings;
begin
    for ahead in
        select booking.*
        from public.bookings booking
        where booking.id = any (p_booking_ids)
        order by booking.original_booking_id nulls last, booking.start_at, booking.id
    loop
        update public.bookings
        set status = 'cancelled',
            cancelled_by = coalesce(p_party, private.party_of(ahead)),
            cancelled_at = private.clock(),
            cancellation_reason = p_reason
        where org_id = ahead.org_id
            and id = ahead.id
            and status in ('proposed', 'held', 'requested', 'confirmed');
    end loop;
end;
$$;
