-- What an instructor has earned by a booking that is over: the share, less what was given back of it; of prepaid minutes and of
-- lessons that cost the learner nothing, the part of it that was kept.
create function private.earned_share_cents(p_booking public.bookings)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return (
        select least(
            p_booking.kept_share_cents,
            p_booking.instructor_share_cents,
            case
                when p_booking.credit_applied_cents = 0 and p_booking.total_cents > 0 then (
                    select coalesce(sum(private.left_share_cents(payment)), 0)
                    from public.payments payment
                    where payment.booking_id = p_booking.id
                        and payment.is_accepted
                        and payment.status <> 'cancelled'
                )
            end
        )::bigint
    );
end;
$$;
