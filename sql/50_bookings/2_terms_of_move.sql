-- The terms of a booking that another one is rescheduled to: those of the other, and of the price only what the new time costs
-- more or less than the old one by today's list. What was paid counts for it.
create function private.terms_of_move(
    p_terms private.booking_terms,
    p_price private.price,
    p_moved_from_id uuid
)
    returns private.booking_terms
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    terms private.booking_terms := p_terms;
    moved public.bookings;
    list_cents bigint;
    fee_cents bigint;
    share_cents bigint;
    due private.price;
begin
    select * into strict moved from public.bookings where id = p_moved_from_id;
    list_cents := greatest(
        moved.price_cents + p_price.list_cents
        - (private.price_service(moved.service_id, moved.instructor_id, moved.start_at)).list_cents,
        0
    );
    fee_cents := private.fee_cents(list_cents, moved.fee_bps);
    share_cents := list_cents - case moved.fee_mode when 'included' then fee_cents else 0 end;
    terms.price := private.discount_price(
        row(moved.currency, list_cents, 0, moved.fee_mode, moved.fee_bps, fee_cents, share_cents, null)::private.price,
        least(
            private.proportion_cents(moved.discount_cents, list_cents, moved.price_cents),
            share_cents + fee_cents
        )
    );
    terms.moved_cents := moved.total_cents;
    terms.is_fee_refundable := moved.is_fee_refundable;
    terms.cancellation_policy_id := moved.cancellation_policy_id;

    due := terms.price;
    due.total_cents := greatest(due.total_cents - moved.total_cents, 0);
    perform private.check_price_is_payable(due);
    return terms;
end;
$$;
