-- Credits the instructor with what an item that has ended earns, or the difference to what was credited before: after a refund, a lost
-- dispute, a refund that failed, or a dispute that was won. The first row says how the lesson ended; the difference becomes payable
-- when that does, so that the two are paid out together. Of a lesson that was paid outside, the payee owes the platform's fee. It starts
-- frozen while there is a cause. 82_effects calls it, with the refund or the dispute that is the reason.
create function private.earn_item(p_item_id uuid, p_refund_id uuid default null, p_dispute_id uuid default null)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    earning public.earnings;
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, item_id, booking_id, payment_id, refund_id, dispute_id, currency, amount_cents, available_at
    )
    select
        item.org_id,
        item.instructor_id,
        coalesce(first_earning.payee_id, private.payee_id(item.instructor_id)),
        case
            when item.is_paid_outside then 'adjustment'
            when first_earning.id is null and item.ending = 'given' then 'lesson'
            when first_earning.id is null and item.ending = 'missed' then 'no_show'
            when first_earning.id is null and change.cents > 0 then 'cancellation'
            when change.cents < 0 and p_refund_id is not null then 'refund'
            when change.cents < 0 and p_dispute_id is not null then 'dispute'
            else 'adjustment'
        end::public.earning_kind,
        item.id,
        item.booking_id,
        funding.id,
        p_refund_id,
        p_dispute_id,
        item.currency,
        change.cents,
        coalesce(
            first_earning.available_at,
            greatest(
                case item.ending
                    when 'cancelled' then private.clock()
                    else greatest(booking.end_at, private.clock())
                end + booking.payout_hold,
                funding.funds_available_at
            )
        )
    from public.order_items item
    join public.bookings booking on booking.org_id = item.org_id and booking.id = item.booking_id
    left join lateral (
        select earned.id, earned.payee_id, earned.available_at
        from public.earnings earned
        where earned.org_id = item.org_id
            and earned.item_id = item.id
            and (earned.kind in ('lesson', 'cancellation', 'no_show') or item.is_paid_outside)
        order by earned.created_at, earned.id
        limit 1
    ) first_earning on true
    left join private.funding_payment(item.id) funding on true
    cross join lateral (
        select (private.item_books(item)).share_cents - coalesce(sum(earned.amount_cents), 0)::bigint as cents
        from public.earnings earned
        where earned.org_id = item.org_id
            and earned.item_id = item.id
    ) change
    where item.id = p_item_id
        and item.ending is not null
        and change.cents <> 0
    returning * into earning;

    if private.has_freezing_cause(earning) then
        update public.earnings set status = 'frozen' where org_id = earning.org_id and id = earning.id;
    end if;
end;
$$;

-- The payee of an instructor's work: the instructor or the organization, as the instructor's details say; always the organization for
-- an instructor without a login, who cannot have a Stripe account.
create function private.payee_id(p_instructor_id uuid)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when details.payee = 'organization' or instructor.user_id is null then instructor.org_id
        else instructor.id
    end
    from public.instructors instructor
    join public.instructor_details details
        on details.org_id = instructor.org_id
        and details.instructor_id = instructor.id
    where instructor.id = p_instructor_id;
$$;

-- The payment whose money an item's earning waits for: the latest that pays it, or that paid for the hours it used.
create function private.funding_payment(p_item_id uuid)
    returns setof public.payments
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select payment.*
    from private.item_payments paid
    join public.payments payment on payment.org_id = paid.org_id and payment.id = paid.payment_id
    where paid.item_id = p_item_id
        and payment.is_accepted
        and payment.status in ('authorized', 'succeeded')
    order by payment.created_at desc, payment.id desc
    limit 1;
end;
$$;

-- Credits the instructor with prepaid minutes that were forfeited, as far as their share was paid. 82_effects calls it.
create function private.accrue_expiry(p_entry public.credit_entries)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, credit_entry_id, payment_id, currency, amount_cents, available_at
    )
    select
        p_entry.org_id, p_entry.instructor_id, private.payee_id(p_entry.instructor_id), 'credit_expiry', p_entry.id, payment.id,
        payment.currency, earned.cents, greatest(private.clock() + organization.payout_hold, payment.funds_available_at)
    from public.order_items item
    join public.payment_items part on part.org_id = item.org_id and part.item_id = item.id
    join public.payments payment on payment.org_id = part.org_id and payment.id = part.payment_id and payment.is_accepted
    join public.organizations organization on organization.id = payment.org_id
    cross join lateral (
        select least(p_entry.share_cents, p_entry.share_cents + p_entry.fee_cents - p_entry.discount_cents) as cents
    ) earned
    where item.org_id = p_entry.org_id
        and item.credit_id = p_entry.credit_id
        and earned.cents > 0;
end;
$$;

-- Moves a payment's earnings to when Stripe makes the charge's money available, which is known only after the charge.
-- 82_effects calls it.
create function private.delay_earnings(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.earnings
    set available_at = p_payment.funds_available_at
    where org_id = p_payment.org_id
        and payment_id = p_payment.id
        and status in ('pending', 'frozen')
        and amount_cents > 0
        and available_at < p_payment.funds_available_at;
end;
$$;
