-- Compares the refunds that Stripe has made of a payment with the books, before another is sent, and decides: send; made: this refund is
-- among them, and recorded now; settled: there is nothing to send any more; or refused. A restored database has forgotten
-- refunds, and whoever asks again must not be paid again: a forgotten refund of the same amount is adopted as this one (made). If
-- what was forgotten has another amount, or was made in Stripe's Dashboard, this refund was decided without knowing it: it fails
-- (refused), the forgotten ones are added to the books, and an admin decides what is still owed. Stripe's idempotency keys, which last a
-- day, are not relied upon. The jobs call it. Definer: the jobs have no access to the tables.
create function private.compare_refund(p_refund_id uuid, p_made jsonb)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    refund public.refunds;
    own jsonb;
    forgotten jsonb;
begin
    perform private.lock_orders(
        array(
            select paid.order_id
            from public.refunds asked
            join public.payments paid on paid.org_id = asked.org_id and paid.id = asked.payment_id
            where asked.id = p_refund_id
        )
    );
    select paid.* into strict payment
    from public.payments paid
    join public.refunds asked on asked.org_id = paid.org_id and asked.payment_id = paid.id
    where asked.id = p_refund_id
    for no key update of paid;
    select * into strict refund from public.refunds where id = p_refund_id;

    own := private.own_refund(refund, p_made);
    if own is not null then
        perform private.apply_refund(own, private.clock());
        return 'made';
    end if;
    if refund.status not in ('pending', 'requires_action') then
        return 'settled';
    end if;

    select jsonb_agg(made.refund) into forgotten from private.forgotten_refunds(payment, p_made) made;
    if forgotten is null then
        return 'send';
    end if;
    own := private.twin_of_refund(refund, forgotten);
    if own is not null then
        update public.refunds
        set stripe_refund_id = own ->> 'id'
        where org_id = refund.org_id
            and id = refund.id;
        perform private.apply_refund(own, private.clock());
        return 'made';
    end if;

    perform private.record_refund_failure(
        refund.id, 'refunds_not_in_books', 'Stripe had refunded this payment before, and the books did not know it.'
    );
    perform private.apply_refund(made.refund, private.clock()) from jsonb_array_elements(forgotten) made (refund);
    return 'refused';
end;
$$;

-- This refund as Stripe knows it, among those that it has made of the payment; null if it was never made.
create function private.own_refund(p_refund public.refunds, p_made jsonb)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select made.refund
    from jsonb_array_elements(p_made) made (refund)
    where made.refund ->> 'id' = p_refund.stripe_refund_id
        or private.uuid_or_null(made.refund -> 'metadata' ->> 'refund_id') = p_refund.id
    order by made.refund ->> 'id' = p_refund.stripe_refund_id desc nulls last
    limit 1;
$$;

-- The refunds of a payment that the books do not know: neither by their id at Stripe nor by the row that their metadata name. What moved
-- no money is left out: refunds that failed, and the part of an authorization that was never captured, which Stripe lists as a
-- refund without a balance transaction.
create function private.forgotten_refunds(p_payment public.payments, p_made jsonb)
    returns table (refund jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select made.refund
    from jsonb_array_elements(p_made) made (refund)
    where made.refund ->> 'status' not in ('failed', 'canceled')
        and not (made.refund ->> 'status' = 'succeeded' and made.refund ->> 'balance_transaction' is null)
        and not exists (
            select
            from public.refunds known
            where known.stripe_refund_id = made.refund ->> 'id'
                or (
                    known.id = private.uuid_or_null(made.refund -> 'metadata' ->> 'refund_id')
                    and known.org_id = p_payment.org_id
                    and known.payment_id = p_payment.id
                )
        )
    order by (made.refund ->> 'created')::bigint, made.refund ->> 'id';
$$;

-- The first of the forgotten refunds that is as good as this one: a refund of ours, by its metadata, of the same amount.
create function private.twin_of_refund(p_refund public.refunds, p_forgotten jsonb)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select forgotten.refund
    from jsonb_array_elements(p_forgotten) with ordinality forgotten (refund, nth)
    where private.uuid_or_null(forgotten.refund -> 'metadata' ->> 'refund_id') is not null
        and (forgotten.refund ->> 'amount')::bigint = p_refund.amount_cents
        and forgotten.refund ->> 'currency' = p_refund.currency
    order by forgotten.nth
    limit 1;
$$;
