-- Tells the payer's side that a payment was declined; not of one that we charge ourselves (tell_of_failed_collection). 82_effects calls it.
create function private.tell_of_payment(p_old public.payments, p_new public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_new.status = 'requires_payment'
        and p_new.failure_code is not null
        and (p_old.failure_code is null or p_old.status <> p_new.status)
        and not private.is_being_collected(p_new.order_id)
    then
        perform private.queue_messages(
            p_new.org_id, 'payment_failed', private.payer_side(p_new), p_new.learner_id, 'payments', p_new.id,
            private.clock()::text
        );
    end if;
end;
$$;

-- Whether an order is a lesson that is charged to a saved card: whoever's it is hears of each try with its deadline.
create function private.is_being_collected(p_order_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from public.bookings booking
        where booking.order_id = p_order_id
            and booking.status = 'held'
            and booking.is_collected_later
    );
end;
$$;

-- Whom to tell of a payment: who pays it, and the learner's side.
create function private.payer_side(p_payment public.payments)
    returns uuid[]
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select array_remove(array_append(private.learner_side(p_payment.learner_id), p_payment.payer_id), null);
$$;

-- Tells the payer's side that money goes back. What failed is an alert for the admins. 82_effects calls it.
create function private.tell_of_refund(p_refund public.refunds)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.queue_messages(
        p_refund.org_id, 'refund_made', private.payer_side(payment), payment.learner_id, 'refunds', p_refund.id
    )
    from public.payments payment
    where payment.org_id = p_refund.org_id
        and payment.id = p_refund.payment_id;
$$;

-- Tells a subscriber that they have withdrawn, and what goes back. 82_effects calls it.
create function private.tell_of_withdrawn_subscription(p_subscription public.subscriptions)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.queue_messages(
        p_subscription.org_id, 'subscription_withdrawn', array[p_subscription.user_id], null, 'subscriptions', p_subscription.id
    );
$$;

-- Tells the payee that a payout was sent. 82_effects calls it.
create function private.tell_of_payout(p_payout public.payouts)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.queue_messages(
        p_payout.org_id, 'payout_sent', private.payee_side(p_payout.org_id, p_payout.instructor_id), null, 'payouts', p_payout.id
    );
$$;

-- Tells a payee why a payday passed them by. 82_effects calls it.
create function private.tell_of_skipped_payout(p_result public.payout_run_results)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.queue_messages(
        p_result.org_id, 'payout_skipped', private.payee_side(p_result.org_id, p_result.instructor_id), null,
        'payout_runs', p_result.run_id, format('%s:%s', p_result.payee_id, p_result.currency)
    );
$$;

-- Tells a payee that Stripe needs something before money can arrive. 82_effects calls it.
create function private.tell_of_account(p_account public.stripe_connect_accounts)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.queue_messages(
        p_account.org_id, 'account_needs_attention', private.payee_side(p_account.org_id, p_account.instructor_id), null,
        'stripe_connect_accounts', p_account.id, private.clock()::text
    );
$$;

-- Tells a learner's side, once a lot, that less than two hours of what they bought with an instructor are left; and whoever has asked for
-- it, when nothing is left. 82_effects calls it.
create function private.tell_of_credit_entry(p_entry public.credit_entries)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    lot public.learner_credits;
    minutes_left bigint;
begin
    if p_entry.kind <> 'reserve' then
        return;
    end if;
    select * into lot from public.learner_credits where org_id = p_entry.org_id and id = p_entry.credit_id;
    select coalesce(sum(credit.minutes_left), 0) into minutes_left
    from public.learner_credits credit
    where credit.org_id = lot.org_id
        and credit.learner_id = lot.learner_id
        and credit.instructor_id = lot.instructor_id
        and credit.status = 'active';

    if minutes_left < 120 then
        perform private.queue_messages(
            lot.org_id, case when minutes_left > 0 then 'hours_running_out' else 'buy_hours' end,
            private.learner_side(lot.learner_id), lot.learner_id, 'learner_credits', lot.id
        );
    end if;
end;
$$;

-- Tells the learner's side of prepaid hours of an organization that end, 60, 30 and 7 days before, each once; returns how many lots that
-- concerns.
-- 95_operations calls it.
create function private.tell_of_expiring_hours(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    ending record;
    told integer := 0;
begin
    for ending in
        select credit.org_id, credit.id, credit.learner_id, credit.expires_at, min(warning.days) as days
        from public.learner_credits credit
        join unnest('{60,30,7}'::integer[]) warning (days)
            on credit.expires_at <= private.clock() + make_interval(days => warning.days)
        where credit.org_id = p_org_id
            and credit.status = 'active'
            and credit.expires_at > private.clock()
            and credit.minutes_left > 0
        group by credit.org_id, credit.id
    loop
        perform private.queue_messages(
            ending.org_id, 'hours_expiring', private.learner_side(ending.learner_id), ending.learner_id,
            'learner_credits', ending.id, format('%s:%s', ending.days, ending.expires_at), ending.expires_at
        );
        told := told + 1;
    end loop;
    return told;
end;
$$;
