-- Books a transfer that the books lack, for a platform admin who has looked at it, as after a restore: the payee was paid in advance, and
-- the next payouts deduct it. If the books do not know the payee, it is posted to suspense. A payout under whose id it was made and
-- that was not paid by it is cancelled: what it was to pay is available again. Definer: no role may write the tables.
create function private.admin_adopt_transfer(p_stripe_transfer_id text, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    known constant private.stripe_objects := private.stripe_row('unbooked_transfers', p_stripe_transfer_id);
    payout public.payouts;
    unbooked private.unbooked_transfers;
begin
    perform private.require_platform_admin(p_reason);

    select named.* into payout
    from public.payouts named
    join private.unbooked_transfers made on made.org_id = named.org_id and made.payout_id = named.id
    where made.org_id = known.org_id
        and made.id = known.row_id
    for no key update of named;

    update private.unbooked_transfers
    set adopted_at = private.clock()
    where org_id = known.org_id
        and id = known.row_id
        and adopted_at is null
    returning * into unbooked;
    if not found then
        perform private.refuse(
            'PT404', 'transfer_not_found',
            'The books lack no transfer with that id.',
            'List those that they lack with python -m jobs doctor.'
        );
    end if;
    if payout.status = 'sending' then
        perform private.refuse_payout_step(payout, 'Run the payout job first: it looks the transfer up.');
    end if;

    update public.payouts set status = 'pending' where org_id = payout.org_id and id = payout.id and status = 'unknown';
    if payout.status in ('pending', 'failed', 'unknown', 'held') then
        perform private.cancel_payout(payout);
    end if;
    perform private.post_adopted_transfer(unbooked, unbooked.amount_cents - unbooked.reversed_cents, private.clock());
end;
$$;

-- Was this transfer adopted by an admin?
create function private.is_adopted_transfer(p_transfer jsonb)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from private.unbooked_transfers adopted
        where adopted.id = (private.stripe_row('unbooked_transfers', p_transfer ->> 'id')).row_id
            and adopted.adopted_at is not null
    );
$$;

-- Posts what Stripe has reversed of an adopted transfer since the last call. apply_transfer calls it; amount_reversed is Stripe's
-- running total, so repeated and late events post nothing.
create function private.post_adopted_reversal(p_transfer jsonb, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    adopted private.unbooked_transfers;
    total_cents constant bigint := (p_transfer ->> 'amount_reversed')::bigint;
begin
    select * into strict adopted
    from private.unbooked_transfers
    where id = (private.stripe_row('unbooked_transfers', p_transfer ->> 'id')).row_id
    for no key update;

    if total_cents > adopted.reversed_cents then
        update private.unbooked_transfers
        set reversed_cents = total_cents
        where org_id = adopted.org_id
            and id = adopted.id;
        perform private.post_adopted_transfer(adopted, adopted.reversed_cents - total_cents, p_occurred_at);
    end if;
end;
$$;

-- Posts what an adopted transfer has paid in advance, or, if negative, what was reversed of it: an adjustment of the payee, or suspense.
create function private.post_adopted_transfer(
    p_adopted private.unbooked_transfers,
    p_paid_cents bigint,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_paid_cents <> 0 and p_adopted.payee_id is not null then
        insert into public.earnings (
            org_id, instructor_id, payee_id, kind, adopted_transfer_id, currency, amount_cents, available_at, status
        )
        values (
            p_adopted.org_id, private.instructor_of_transfer(p_adopted), p_adopted.payee_id, 'adjustment', p_adopted.id,
            p_adopted.currency, -p_paid_cents, least(p_occurred_at, private.clock()), 'available'
        );
    end if;

    perform private.post_transaction(
        p_adopted.org_id,
        case when p_paid_cents > 0 then 'transfer_adopted' else 'adopted_transfer_reversed' end,
        'transfer', p_adopted.id,
        format(
            'transfer:%s:%s', p_adopted.id,
            case when p_paid_cents > 0 then 'adopted' else format('reversed:%s', p_adopted.reversed_cents - p_paid_cents) end
        ),
        p_adopted.currency, p_occurred_at,
        array[
            row(
                case when p_adopted.payee_id is null then 'suspense' else 'payee_payable' end,
                p_adopted.payee_id, p_paid_cents
            ),
            row('stripe_balance', null, -p_paid_cents)
        ]::private.posting[]
    );
end;
$$;

-- In whose name an adjustment for a transfer stands: the payee's, or, of a school, that of whoever earned last.
create function private.instructor_of_transfer(p_transfer private.unbooked_transfers)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        p_transfer.instructor_id,
        (
            select earning.instructor_id
            from public.earnings earning
            where earning.org_id = p_transfer.org_id
                and earning.payee_id = p_transfer.payee_id
            order by earning.created_at desc, earning.id
            limit 1
        ),
        (select instructor.id from public.instructors instructor where instructor.org_id = p_transfer.org_id order by instructor.id limit 1)
    );
$$;
