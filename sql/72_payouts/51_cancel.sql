-- Cancels an unsent payout at once, or asks Stripe to reverse a paid one, all of it or p_amount_cents (such as the payee's share of a
-- later refund). What is cancelled or reversed is owed to the payee again. For a platform admin.
-- Definer: no role may write payouts.
create function private.admin_cancel_payout(p_payout_id uuid, p_reason text, p_amount_cents bigint)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts := private.require_payout(p_payout_id, p_reason);
    left_cents constant bigint := payout.amount_cents - payout.reversed_cents;
begin
    if payout.status = 'paid' and coalesce(p_amount_cents, left_cents) between 1 and left_cents then
        perform private.send_reversal(payout, coalesce(p_amount_cents, left_cents));
    elsif payout.status in ('pending', 'held', 'failed') and p_amount_cents is null then
        perform private.cancel_payout(payout);
    elsif p_amount_cents is not null then
        perform private.refuse_payout_step(
            payout, format('At most %s (minor units) of a paid payout can be reversed, and no part of an unpaid one.', left_cents)
        );
    else
        perform private.refuse_payout_step(payout, 'If it is being sent or unknown, run the payout job first: it looks the transfer up.');
    end if;
end;
$$;

-- Cancels a payout that was never sent: its earnings are available again and join the next payout.
create function private.cancel_payout(p_payout public.payouts)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.payouts set status = 'cancelled' where id = p_payout.id;
    update public.earnings set payout_id = null where payout_id = p_payout.id;

    perform private.post_transaction(
        p_payout.org_id, 'payout_cancelled', 'payout', p_payout.id, format('payout:%s:cancelled', p_payout.id),
        p_payout.currency, private.clock(),
        array[
            row('payout_in_transit', p_payout.payee_id, p_payout.amount_cents),
            row('payee_payable', p_payout.payee_id, -p_payout.amount_cents)
        ]::private.posting[]
    );
end;
$$;

-- Queues the command that reverses a payout's transfer at Stripe, in whole or in part. Repeating it while a reversal is under way
-- changes nothing, since the key is the same; once that is done, or Stripe has refused it, the key is new.
create function private.send_reversal(p_payout public.payouts, p_amount_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    reversal_key text;
begin
    select format('payout:%s:reverse:%s:%s', p_payout.id, p_payout.reversed_cents, count(*) + 1) into reversal_key
    from private.outbox command
    where command.topic = 'reverse_transfer'
        and command.dead_at is not null
        and command.payload ->> 'payout_id' = p_payout.id::text;

    perform private.enqueue_command(
        p_payout.org_id, 'reverse_transfer', reversal_key,
        jsonb_build_object(
            'payout_id', p_payout.id,
            'transfer', p_payout.stripe_transfer_id,
            'amount_cents', p_amount_cents,
            'idempotency_key', reversal_key,
            'metadata', jsonb_build_object('payout_id', p_payout.id, 'reversal', reversal_key)
        ),
        format('payout:%s', p_payout.id)
    );
end;
$$;

-- Records that Stripe has refused to reverse a payout's transfer: alerts the admins, who may call admin_cancel_payout again.
-- Definer: the job has no access to the tables.
create function private.record_reversal_failure(p_payout_id uuid, p_code text, p_message text)
    returns void
    language sql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
    select private.raise_alert(
        payout.org_id, null, 'reversal_refused',
        left(format('Stripe refused to reverse a payout (%s): %s', p_code, p_message), 1000),
        'payouts', payout.id, format('payout:%s:reversal_refused:%s', payout.id, private.clock())
    )
    from public.payouts payout
    where payout.id = p_payout_id;
$$;

-- Posts what Stripe has reversed of a payout's transfer since the last call: it is owed to the payee again, as an adjustment that is
-- available at once. Called by apply_transfer. p_reversed_cents is Stripe's running total, so repeated and late events post nothing.
create function private.post_payout_reversal(
    p_payout_id uuid,
    p_reversed_cents bigint,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts;
    part_cents bigint;
begin
    select * into strict payout from public.payouts where id = p_payout_id;
    part_cents := p_reversed_cents - payout.reversed_cents;
    if coalesce(part_cents, 0) <= 0 then
        return;
    end if;

    update public.payouts
    set reversed_cents = p_reversed_cents,
        status = case when p_reversed_cents = amount_cents then 'reversed' else status end
    where id = p_payout_id;

    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, reversed_payout_id, currency, amount_cents, available_at, status
    )
    values (
        payout.org_id, private.instructor_of_payout(payout), payout.payee_id, 'adjustment', payout.id,
        payout.currency, part_cents, least(p_occurred_at, private.clock()), 'available'
    );

    perform private.post_transaction(
        payout.org_id, 'payout_reversed', 'payout', payout.id, format('payout:%s:reversed:%s', payout.id, p_reversed_cents),
        payout.currency, p_occurred_at,
        array[
            row('stripe_balance', null, part_cents),
            row('payee_payable', payout.payee_id, -part_cents)
        ]::private.posting[]
    );

    perform private.raise_alert(
        payout.org_id, payout.instructor_id, 'payout_reversed',
        'All or part of a payout was reversed. The reversed amount will be in your next payout.',
        'payouts', payout.id, format('payout:%s:reversed:%s', payout.id, p_reversed_cents)
    );
end;
$$;
