-- Moves an item to the replacement of its booking, at the replacement's price. What the new time costs less is owed back; what it costs
-- more the payment for it brings; of a lesson that was paid outside, the instructor gives and takes. Prepaid minutes were restored with the
-- original and are reserved for the replacement; the cent by which that can differ is the platform's. Bookings (50) call it once the
-- original has ended for the replacement.
create function private.move_item(p_from_booking_id uuid, p_to_booking_id uuid, p_price private.price)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    before public.order_items;
    item public.order_items;
    credit private.credit_part := private.booking_credit(p_to_booking_id, 'reserve');
    postings private.posting[];
    overpaid_cents bigint;
begin
    select * into strict before from public.order_items where booking_id = p_from_booking_id for no key update;
    overpaid_cents := before.total_cents
        - private.prepaid_cents(before)
        - (p_price.total_cents - private.credit_part_cents(credit));

    update public.order_items
    set booking_id = p_to_booking_id,
        list_cents = p_price.list_cents,
        discount_cents = p_price.discount_cents,
        fee_cents = p_price.fee_cents,
        share_cents = p_price.share_cents,
        credit_share_cents = credit.share_cents,
        credit_fee_cents = credit.fee_cents,
        credit_discount_cents = credit.discount_cents,
        refunded_cents = least(refunded_cents, p_price.total_cents),
        excess_cents = case
            when is_paid and not is_paid_outside then excess_cents + overpaid_cents - greatest(refunded_cents - p_price.total_cents, 0)
            else excess_cents
        end,
        revision = revision + 1
    where org_id = before.org_id
        and id = before.id
    returning * into item;

    postings := private.item_postings(before, item)
        || private.credit_postings(private.booking_credit(p_from_booking_id, 'restore'), -1)
        || private.credit_postings(credit, 1);
    perform private.post_item(
        item, item, 'item_moved',
        postings || row('platform_fees', null, -coalesce((select sum(line.amount_cents) from unnest(postings) line), 0))::private.posting
    );
end;
$$;
