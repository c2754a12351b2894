-- Whoever ends a booking, what it gives back is decided here, once.
-- Definer: the writer needs no access to payments and credits.
create function private.fill_ending()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    ending private.booking_ending := private.judge_ending(
        old,
        private.ending_bps(old, coalesce(new.no_show_by, new.cancelled_by), new.status = 'no_show')
    );
begin
    new.hold_expires_at := null;
    new.refund_bps := ending.refund_bps;
    new.returned_cents := ending.returned_cents;
    new.returned_minutes := ending.returned_minutes;
    new.kept_share_cents := ending.kept_share_cents;
    return new;
end;
$$;
