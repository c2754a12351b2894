-- What an item's money belongs to at this moment. It depends on nothing but the row, so that the difference of two answers is what
-- an event posts. With S share, F fee, D discount, T total, R refunded or restored so far, C lost so far, S* = min(S, T), f the
-- fraction of the policy and E what the instructor may keep (keepable_cents):
--   the instructor has min(E, S - a - b), where a is the part of the share that refunds take and b what disputes take beyond it
--   if the instructor is liable; fee and discount follow in proportion; the platform has the rest.
-- What the ending owes the payer counts as refunded. A lot's money leaves it with its minutes, so that its item has only what was paid
-- twice. All lines together are what was received, less what was refunded and lost.
create function private.item_books(p_item public.order_items)
    returns private.item_books
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    books private.item_books := row(0, 0, 0, 0, 0, 0, 0, 0)::private.item_books;
    credit_cents constant bigint := private.prepaid_cents(p_item);
    received_cents constant bigint := credit_cents
        + case when p_item.is_paid then p_item.total_cents - credit_cents + p_item.excess_cents else 0 end;
    is_ahead constant boolean := p_item.ending is null;
    part public.order_items := p_item;
    back_cents bigint;
    lost_cents bigint;
    kept_cents bigint;
    untaken_cents bigint;
begin
    if p_item.kind = 'credits' then
        books.due_cents := private.excess_due_cents(p_item);
        return books;
    end if;
    if p_item.is_paid_outside then
        return private.outside_books(p_item);
    end if;
    if is_ahead then
        books.prepaid_share_cents := p_item.credit_share_cents;
        books.prepaid_fee_cents := p_item.credit_fee_cents;
        books.prepaid_discount_cents := p_item.credit_discount_cents;
        part.share_cents := p_item.share_cents - p_item.credit_share_cents;
        part.fee_cents := p_item.fee_cents - p_item.credit_fee_cents;
        part.discount_cents := p_item.discount_cents - p_item.credit_discount_cents;
        part.total_cents := p_item.total_cents - credit_cents;
    end if;

    if p_item.is_paid and part.total_cents = 0 then
        books.share_cents := private.keepable_cents(part);
        books.discount_cents := private.prorate(part.discount_cents, books.share_cents, part.share_cents);
        books.fee_cents := books.discount_cents - books.share_cents;
        books.due_cents := private.excess_due_cents(p_item);
    elsif p_item.is_paid then
        books.due_cents := private.owed_cents(part) + private.excess_due_cents(p_item);
        back_cents := least(part.refunded_cents + part.restored_cents, part.total_cents) + private.owed_cents(part);
        lost_cents := private.lost_part_cents(part);
        kept_cents := part.total_cents - back_cents;

        untaken_cents := part.share_cents - private.share_taken_cents(part, back_cents);
        books.share_cents := least(private.keepable_cents(part), untaken_cents);
        books.discount_cents := private.discount_left_cents(part, back_cents);
        books.discount_cents := books.discount_cents - least(
            books.discount_cents,
            untaken_cents - books.share_cents,
            part.share_cents - least(part.share_cents, part.total_cents)
        );
        books.fee_cents := kept_cents + books.discount_cents - books.share_cents;

        if lost_cents > 0 then
            books.fee_cents := least(books.fee_cents, part.fee_cents);
            books.fee_cents := books.fee_cents - private.prorate(books.fee_cents, lost_cents, kept_cents);
            books.discount_cents := books.discount_cents - private.prorate(books.discount_cents, lost_cents, kept_cents);
        end if;
        if least(lost_cents, part.liable_cents) > 0 then
            books.share_cents := least(
                books.share_cents,
                untaken_cents - greatest(
                    private.prorate(part.share_cents, back_cents + least(lost_cents, part.liable_cents), part.total_cents)
                    - (part.share_cents - untaken_cents),
                    0
                )
            );
        end if;
    end if;

    books.loss_cents := books.prepaid_share_cents + books.prepaid_fee_cents - books.prepaid_discount_cents
        + books.share_cents + books.fee_cents - books.discount_cents + books.due_cents
        - (received_cents - p_item.refunded_cents - p_item.restored_cents - p_item.lost_cents);
    return books;
end;
$$;

-- What a lesson's money belongs to that was paid outside. The instructor has it, and gives back of it what the ending owes. So the platform's
-- fee, as the table of entitlements has it, is what the instructor owes. Only what a card has paid besides is the platform's to
-- give back.
create function private.outside_books(p_item public.order_items)
    returns private.item_books
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    as_by_card public.order_items := p_item;
    books private.item_books;
begin
    as_by_card.is_paid_outside := false;
    as_by_card.excess_cents := 0;
    books := private.item_books(as_by_card);
    books.share_cents := -books.fee_cents;
    books.due_cents := p_item.excess_cents;
    return books;
end;
$$;

-- Whether an ending gives everything back: somebody else's fault, or a withdrawal.
create function private.makes_whole(p_ending public.order_item_ending)
    returns boolean
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(p_ending in ('fault', 'withdrawn'), false);
end;
$$;

-- E: what the instructor may keep of an item. One that has not ended is meant to be given.
create function private.keepable_cents(p_item public.order_items)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select case p_item.ending
            when 'fault' then 0
            when 'withdrawn' then 0
            when 'missed' then paid.share_cents
            when 'cancelled' then paid.share_cents - private.prorate(paid.share_cents, p_item.refund_bps, 10000)
            else p_item.share_cents
        end
        from (select least(p_item.share_cents, p_item.total_cents) as share_cents) paid
    );
end;
$$;

-- What prepaid minutes pay of an item's price.
create function private.prepaid_cents(p_item public.order_items)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_item.credit_share_cents + p_item.credit_fee_cents - p_item.credit_discount_cents;
end;
$$;

-- T - R - C: what of an item's price the payer neither has back nor has lost to a dispute.
create function private.unreturned_cents(p_item public.order_items)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return greatest(p_item.total_cents - p_item.refunded_cents - p_item.restored_cents - p_item.lost_cents, 0);
end;
$$;

-- What the platform owes the payer for the ending, besides what is refunded and lost. Of a fault or a withdrawal all that is left, whatever
-- happens later; of a cancellation what was fixed then.
create function private.owed_cents(p_item public.order_items)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select case
            when not p_item.is_paid or p_item.is_paid_outside then 0
            when private.makes_whole(p_item.ending) then unreturned.cents
            when p_item.ending = 'cancelled' then least(p_item.owed_cents, unreturned.cents)
            else 0
        end
        from (select private.unreturned_cents(p_item) as cents) unreturned
    );
end;
$$;

-- What is owed back of what was received beyond the price. What disputes and refunds have taken beyond the price the payer has already:
-- it is counted against this, as long as it is so. Negative while an authorization is not captured.
create function private.excess_due_cents(p_item public.order_items)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when p_item.excess_cents <= 0 then p_item.excess_cents
        else greatest(
            p_item.excess_cents
            - greatest(p_item.refunded_cents + p_item.restored_cents + p_item.lost_cents - p_item.total_cents, 0),
            0
        )
    end;
end;
$$;

-- C: what disputes have taken, as far as it was not refunded; what goes beyond is the platform's loss.
create function private.lost_part_cents(p_item public.order_items)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return least(p_item.lost_cents, greatest(p_item.total_cents - p_item.refunded_cents - p_item.restored_cents, 0));
end;
$$;

-- a: the part of the share that refunds of so much take. If the fee is not refundable they take the share first; if all is refunded
-- they take all.
create function private.share_taken_cents(p_item public.order_items, p_back_cents bigint)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when p_back_cents >= p_item.total_cents then p_item.share_cents
        when p_item.is_fee_refundable then private.prorate(p_item.share_cents, p_back_cents, p_item.total_cents)
        else least(p_back_cents, p_item.share_cents, p_item.total_cents)
    end;
end;
$$;

-- The part of the discount that is left after refunds of so much. If the fee is not refundable, what they take beyond the share takes
-- fee and discount.
create function private.discount_left_cents(p_item public.order_items, p_back_cents bigint)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when p_back_cents >= p_item.total_cents then 0
        when p_item.is_fee_refundable
            then p_item.discount_cents - private.prorate(p_item.discount_cents, p_back_cents, p_item.total_cents)
        else p_item.discount_cents - private.prorate(
            p_item.discount_cents,
            greatest(p_back_cents - p_item.share_cents, 0),
            greatest(p_item.total_cents - p_item.share_cents, 0)
        )
    end;
end;
$$;

-- The ledger lines that take an item's books from one state of its row to another. They sum to what was received in between, less what
-- was refunded and lost, with the sign reversed: the caller adds where that money is.
create function private.item_postings(p_before public.order_items, p_after public.order_items)
    returns private.posting[]
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select array[
            row('learner_prepaid', null, before.prepaid_share_cents - after.prepaid_share_cents),
            row('deferred_fees', null, before.prepaid_fee_cents - after.prepaid_fee_cents),
            row('deferred_promotions', null, after.prepaid_discount_cents - before.prepaid_discount_cents),
            row('instructor_pending', p_after.instructor_id, before.share_cents - after.share_cents),
            row('platform_fees', null, before.fee_cents - after.fee_cents),
            row('promotions', null, after.discount_cents - before.discount_cents),
            row('dispute_losses', null, after.loss_cents - before.loss_cents),
            row('refunds_due', null, before.due_cents - after.due_cents)
        ]::private.posting[]
        from private.item_books(p_before) before
        cross join private.item_books(p_after) after
    );
end;
$$;

-- The ledger lines of prepaid minutes that leave their lot (p_sign 1), or come back to it (-1), with their part of its price.
create function private.credit_postings(p_part private.credit_part, p_sign integer)
    returns private.posting[]
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select array[
        row('learner_prepaid', null, p_sign * p_part.share_cents),
        row('deferred_fees', null, p_sign * p_part.fee_cents),
        row('deferred_promotions', null, -p_sign * p_part.discount_cents)
    ]::private.posting[];
$$;
