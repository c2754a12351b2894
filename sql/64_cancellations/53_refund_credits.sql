-- Refunds unused minutes of a credit lot at the price paid, for the learner, a guardian who may pay, or an admin; with a fee that is kept
-- otherwise if the instructor can no longer be booked. The minutes are removed at once, and restored if the refund fails. The same key and
-- minutes again are the same refund.
-- Definer: credits are written only through functions.
create function private.refund_credits(p_credit_id uuid, p_minutes integer, p_reason text, p_client_key text)
    returns table (refund_id uuid, minutes integer, amount_cents bigint, currency text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    payment public.payments;
    credit public.learner_credits;
    broken_rule text;
begin
    perform private.lock_orders(array(select item.order_id from public.order_items item where item.credit_id = p_credit_id));
    select paid.* into payment
    from public.order_items item
    join public.payment_items part on part.org_id = item.org_id and part.item_id = item.id
    join public.payments paid on paid.org_id = part.org_id and paid.id = part.payment_id
    where item.credit_id = p_credit_id
        and paid.is_accepted
        and (
            paid.learner_id = any (private.my_learner_ids())
            or paid.learner_id = any (private.ward_ids(person, 'pay'))
            or paid.org_id = any (private.my_admin_org_ids())
        )
    for no key update of paid;
    if not found then
        perform private.refuse(
            'PT404', 'credit_not_found',
            'You have no such purchase of hours.',
            'Check the id, and that you are signed in as the right person.'
        );
    end if;
    select * into strict credit from public.learner_credits where id = p_credit_id for no key update;
    return query
    select made.refund_id, made.minutes, made.amount_cents, credit.currency
    from public.instructors instructor
    cross join lateral private.refund_lot(
        payment, credit, p_minutes, p_reason, p_client_key, not private.is_bookable_instructor(instructor)
    ) made
    where instructor.org_id = credit.org_id
        and instructor.id = credit.instructor_id;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Refunds unused minutes of a credit lot, all of them if p_minutes is null; with the fee if that is refundable or somebody else is at
-- fault. The caller holds the locks of order, payment and lot. Expiry and offboarding call it too.
create function private.refund_lot(
    p_payment public.payments,
    p_credit public.learner_credits,
    p_minutes integer,
    p_reason text,
    p_client_key text,
    p_is_fault boolean default false
)
    returns table (refund_id uuid, minutes integer, amount_cents bigint)
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    part private.credit_part;
begin
    return query
    select refund.id, entry.minutes, refund.amount_cents
    from public.refunds refund
    join public.credit_entries entry
        on entry.org_id = refund.org_id
        and entry.refund_id = refund.id
        and entry.kind = 'refund'
    where refund.org_id = p_payment.org_id
        and refund.payment_id = p_payment.id
        and refund.client_key = p_client_key;
    if found then
        if exists (
            select
            from public.refunds refund
            join public.credit_entries entry
                on entry.org_id = refund.org_id
                and entry.refund_id = refund.id
                and entry.kind = 'refund'
            where refund.org_id = p_payment.org_id
                and refund.payment_id = p_payment.id
                and refund.client_key = p_client_key
                and entry.minutes <> coalesce(p_minutes, entry.minutes)
        ) then
            perform private.refuse(
                'PT409', 'client_key_reused',
                'This p_client_key was already used for another number of minutes.',
                'Send a new p_client_key for another refund.'
            );
        end if;
        return;
    end if;

    perform private.assert_minutes_are_refundable(p_payment, p_credit, p_minutes);
    part := private.next_credit_part(p_credit, coalesce(p_minutes, p_credit.minutes_left));
    refund_id := private.create_credit_refund(p_payment, p_credit, part, p_reason, p_client_key, p_is_fault);
    minutes := part.minutes;
    select refund.amount_cents into amount_cents from public.refunds refund where refund.id = refund_id;
    return next;
end;
$$;

-- Refuses minutes that are not left in the lot, or whose payment is disputed.
create function private.assert_minutes_are_refundable(
    p_payment public.payments,
    p_credit public.learner_credits,
    p_minutes integer
)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_minutes < 1 then
        perform private.refuse(
            'PT422', 'bad_minutes',
            'At least one minute can be refunded.',
            'Send a positive whole number, or null for all that are left.'
        );
    end if;
    perform private.assert_payment_is_refundable(p_payment, 1);
    if p_credit.status <> 'active' or coalesce(p_minutes, 1) > p_credit.minutes_left then
        perform private.refuse(
            'PT409', 'insufficient_credit',
            format(
                '%s minutes of these hours can be refunded.',
                case p_credit.status when 'active' then p_credit.minutes_left else 0 end
            ),
            'Cancel lessons booked with these hours first, or send fewer minutes.'
        );
    end if;
end;
$$;

-- Takes the minutes from the lot and creates the refund at the price paid. The money is due to the payer from then on; a fee that is not
-- refundable is earned. The payment may have less left, because a part of a minute was lost or refunded before: the payer has that
-- already, and the platform bore it. What an earlier refund lacked for that reason goes back with a later one, once a dispute is won.
create function private.create_credit_refund(
    p_payment public.payments,
    p_credit public.learner_credits,
    p_part private.credit_part,
    p_reason text,
    p_client_key text,
    p_is_fault boolean
)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_refund_id uuid;
    total_cents constant bigint := private.credit_part_cents(p_part);
    is_whole constant boolean := p_credit.is_fee_refundable or p_is_fault;
    price_cents constant bigint := case when is_whole then total_cents else least(p_part.share_cents, total_cents) end;
    refund_cents constant bigint := least(
        price_cents + case when is_whole then private.lacking_cents(p_credit) else 0 end,
        private.refundable_cents(p_payment)
    );
begin
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, client_key, requested_by
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id, p_payment.currency,
        refund_cents, coalesce(p_reason, 'Unused hours were given back.'), 'pending', p_client_key, private.my_user_id()
    )
    returning id into new_refund_id;
    perform private.add_credit_entry(p_part, 'refund', p_refund_id => new_refund_id);
    perform private.post_transaction(
        p_payment.org_id, 'hours_refunded', 'refund', new_refund_id, format('refund:%s:due', new_refund_id),
        p_payment.currency, private.clock(),
        private.credit_postings(p_part, 1)
        || row('refunds_due', null, -refund_cents)::private.posting
        || row('platform_fees', null, refund_cents - price_cents)::private.posting
        || case when is_whole then '{}' else private.earned_part_postings(p_part, price_cents) end
    );
    perform private.send_refund(new_refund_id);
    return new_refund_id;
end;
$$;

-- What the refunds of a lot's minutes, fee included, lacked of their price: of a fee that is not refundable, those since the withdrawal.
create function private.lacking_cents(p_credit public.learner_credits)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select greatest(sum(private.entry_cents(entry) - refund.amount_cents), 0)::bigint
    from public.credit_entries entry
    join public.refunds refund
        on refund.org_id = entry.org_id
        and refund.id = entry.refund_id
        and refund.status not in ('failed', 'cancelled')
    where entry.org_id = p_credit.org_id
        and entry.credit_id = p_credit.id
        and entry.kind = 'refund'
        and (
            p_credit.is_fee_refundable
            or exists (
                select
                from public.order_items item
                join public.order_withdrawals withdrawal on withdrawal.org_id = item.org_id and withdrawal.order_id = item.order_id
                where item.org_id = p_credit.org_id
                    and item.credit_id = p_credit.id
                    and refund.created_at >= withdrawal.created_at
            )
        );
$$;

-- The ledger lines of the fee that the platform earns of minutes whose share, or so much of it as was paid, goes to somebody: the discount
-- that went beyond the fee was never paid.
create function private.earned_part_postings(p_part private.credit_part, p_share_cents bigint)
    returns private.posting[]
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select array[
        row('platform_fees', null, -p_part.fee_cents),
        row('promotions', null, p_part.discount_cents - (p_part.share_cents - p_share_cents))
    ]::private.posting[];
$$;
