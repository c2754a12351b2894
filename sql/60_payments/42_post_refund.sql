-- Posts a refund that succeeded: its items have so much less of their price. One that Stripe's Dashboard made names no item, and is
-- allocated now (43_allocate.sql). Before the payment's own success is known it waits as a claim; a refund of money that paid for
-- nothing is taken from suspense. apply_refund calls it, holding the order's lock.
create function private.post_refund(
    p_payment public.payments,
    p_refund public.refunds,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    postings private.posting[];
begin
    if private.is_set_aside(p_payment) then
        update public.refunds
        set unmatched_cents = amount_cents
        where org_id = p_refund.org_id
            and id = p_refund.id;
        postings := array[row('suspense', null, p_refund.amount_cents)]::private.posting[];
    else
        update public.payments
        set refunded_cents = refunded_cents + p_refund.amount_cents,
            lost_cents = least(lost_cents, amount_cents - uncaptured_cents - refunded_cents - p_refund.amount_cents)
        where org_id = p_payment.org_id
            and id = p_payment.id;
        postings := case
            when p_payment.status <> 'succeeded' then array[row('refunds_due', null, p_refund.amount_cents)]::private.posting[]
            when private.is_refund_of_minutes(p_refund) then array[row('refunds_due', null, p_refund.amount_cents)]::private.posting[]
            else private.return_to_items(p_payment, p_refund)
        end;
    end if;

    perform private.post_transaction(
        p_refund.org_id, 'refund_succeeded', 'refund', p_refund.id, format('refund:%s:succeeded', p_refund.id),
        p_refund.currency, p_occurred_at, postings || private.refund_cash(p_refund, 1)
    );
end;
$$;

-- Posts the refunds that had succeeded before their payment was known to.
create function private.post_waiting_refunds(p_payment public.payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
begin
    for refund in
        select made.*
        from public.refunds made
        where made.org_id = p_payment.org_id
            and made.payment_id = p_payment.id
            and made.status = 'succeeded'
            and made.unmatched_cents = 0
        order by made.created_at, made.id
    loop
        perform private.post_transaction(
            refund.org_id, 'refund_matched', 'refund', refund.id, format('refund:%s:matched', refund.id),
            refund.currency, p_occurred_at,
            private.return_to_items(p_payment, refund) || row('refunds_due', null, -refund.amount_cents)::private.posting
        );
    end loop;
end;
$$;

-- Undoes a refund that failed, before or after it had succeeded: its items, or the minutes that it paid back, have their price again;
-- the cent by which minutes are worth another amount by now is the platform's, and so is a fee that was kept. apply_refund and
-- record_refund_failure call it, holding the order's lock.
create function private.undo_refund(
    p_payment public.payments,
    p_refund public.refunds,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    had_succeeded constant boolean := p_refund.status = 'succeeded';
    postings private.posting[] := private.take_back_minutes(p_refund);
begin
    if had_succeeded then
        postings := postings
            || private.take_from_items(p_refund)
            || private.refund_cash(p_refund, -1)
            || row('suspense', null, -p_refund.unmatched_cents)::private.posting;
        update public.payments
        set refunded_cents = refunded_cents - p_refund.amount_cents
        where org_id = p_payment.org_id
            and id = p_payment.id
            and not private.is_set_aside(payments);
    end if;
    if had_succeeded and p_payment.status not in ('succeeded', 'unknown') and p_refund.unmatched_cents = 0 then
        postings := postings || row('refunds_due', null, -p_refund.amount_cents)::private.posting;
    elsif not had_succeeded and private.is_refund_of_minutes(p_refund) then
        postings := postings || row('refunds_due', null, p_refund.amount_cents)::private.posting;
    end if;

    perform private.post_transaction(
        p_refund.org_id, 'refund_failed', 'refund', p_refund.id, format('refund:%s:failed', p_refund.id),
        p_refund.currency, p_occurred_at,
        postings || row('platform_fees', null, -coalesce((select sum(line.amount_cents) from unnest(postings) line), 0))::private.posting
    );
    perform private.match_refunds(p_payment, p_occurred_at);
end;
$$;

-- Whether a refund pays back prepaid minutes.
create function private.is_refund_of_minutes(p_refund public.refunds)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.credit_entries entry
        where entry.org_id = p_refund.org_id
            and entry.refund_id = p_refund.id
    );
$$;

-- Puts the minutes of a failed refund back into their lot, and returns the postings.
create function private.take_back_minutes(p_refund public.refunds)
    returns private.posting[]
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    entry public.credit_entries;
    credit public.learner_credits;
    part private.credit_part;
    postings private.posting[] := '{}';
begin
    for entry in
        select refunded.*
        from public.credit_entries refunded
        where refunded.org_id = p_refund.org_id
            and refunded.refund_id = p_refund.id
            and refunded.kind = 'refund'
    loop
        select * into strict credit from public.learner_credits where org_id = entry.org_id and id = entry.credit_id for no key update;
        part := private.last_credit_part(credit, entry.minutes);
        perform private.add_credit_entry(part, 'refund_failed', p_refund_id => p_refund.id);
        postings := postings || private.credit_postings(part, -1);
    end loop;
    return postings;
end;
$$;

-- Where the money of a refund went: from Stripe, or from the platform's bank account.
create function private.refund_cash(p_refund public.refunds, p_sign integer)
    returns private.posting[]
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select array[
        row(
            case when p_refund.is_made_elsewhere then 'platform_bank' else 'stripe_balance' end,
            null,
            -p_sign * p_refund.amount_cents
        )
    ]::private.posting[];
$$;

-- Takes a refund that succeeded from its items' prices, and returns the postings. If another refund has paid back meanwhile what was
-- received beyond the price, it is of the price.
create function private.return_to_items(p_payment public.payments, p_refund public.refunds)
    returns private.posting[]
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    postings private.posting[] := private.allocate_refund(p_payment, p_refund);
    part private.return_items;
    before public.order_items;
    item public.order_items;
    beyond_cents bigint;
begin
    for part in
        select returned.*
        from private.return_items returned
        where returned.org_id = p_refund.org_id
            and returned.refund_id = p_refund.id
        order by returned.item_id, returned.kind
    loop
        select * into strict before from public.order_items where org_id = part.org_id and id = part.item_id for no key update;
        beyond_cents := greatest(
            case
                when part.kind <> 'excess' then 0
                when before.kind = 'credits' then part.amount_cents
                else least(part.amount_cents, greatest(before.excess_cents, 0))
            end,
            before.refunded_cents + part.amount_cents - before.total_cents
        );
        update public.order_items
        set refunded_cents = refunded_cents + part.amount_cents - beyond_cents,
            excess_cents = excess_cents - beyond_cents,
            owed_cents = greatest(owed_cents - case part.kind when 'owed' then part.amount_cents else 0 end, 0),
            last_refund_id = p_refund.id
        where org_id = before.org_id
            and id = before.id
        returning * into item;
        postings := postings || private.item_postings(before, item);
    end loop;
    return postings;
end;
$$;

-- Gives items the part of their price again that a failed refund had taken, and returns the postings. What an ending owed is owed again.
create function private.take_from_items(p_refund public.refunds)
    returns private.posting[]
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    postings private.posting[] := '{}';
    part private.return_items;
    before public.order_items;
    item public.order_items;
    beyond_cents bigint;
begin
    for part in
        select returned.*
        from private.return_items returned
        where returned.org_id = p_refund.org_id
            and returned.refund_id = p_refund.id
        order by returned.item_id, returned.kind
    loop
        select * into strict before from public.order_items where org_id = part.org_id and id = part.item_id for no key update;
        beyond_cents := case
            when part.kind = 'excess' then part.amount_cents
            else greatest(part.amount_cents - before.refunded_cents, 0)
        end;
        update public.order_items
        set refunded_cents = refunded_cents - part.amount_cents + beyond_cents,
            excess_cents = excess_cents + beyond_cents,
            owed_cents = owed_cents + case when part.kind = 'owed' and ending = 'cancelled' then part.amount_cents else 0 end,
            last_refund_id = p_refund.id
        where org_id = before.org_id
            and id = before.id
        returning * into item;
        postings := postings || private.item_postings(before, item);
    end loop;
    return postings;
end;
$$;
