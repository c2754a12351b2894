-- What cancelling a booking would give back at this instant, to the cent.
-- Definer: parties of a booking may not read its payments' books.
create function private.preview_cancellation(p_booking_id uuid)
    returns table (
        booking_id uuid, cancelled_by public.booking_party, refund_bps integer,
        refund_cents bigint, kept_cents bigint, returned_minutes integer, currency text
    )
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
    ending private.booking_ending;
begin
    perform private.require_cancellable(booking);
    ending := private.judge_ending(booking, private.ending_bps(booking, party, false));
    return query
    select
        booking.id, party, ending.refund_bps, ending.returned_cents, ending.kept_cents, ending.returned_minutes,
        booking.currency;
end;
$$;
