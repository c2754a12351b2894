-- Compares what Stripe has transferred with the books, before a run sends anything. In health both are the same. A restored database
-- has forgotten transfers: those of payouts that it draws again are adopted, and of all others the run of their organization is
-- refused (decide_payout_run), until an admin has decided (52_adopt.sql). The job lists Stripe's transfers since
-- transfers_known_until, asks which of them are not booked, and has each of those booked in a transaction of its own.

-- From when on transfers have to be compared: the books know all that were made before the newest that they know, but for those of
-- unfinished attempts, and those that were found before and not booked. The hour is for clocks that differ. Null while nobody
-- could have been paid. Definer: the job has no access to the tables.
create function private.transfers_known_until()
    returns timestamptz
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select least(
        coalesce(
            (select max(payout.paid_at) from public.payouts payout where payout.status in ('paid', 'reversed')),
            (select min(account.created_at) from public.stripe_connect_accounts account)
        ),
        (
            select min(tried.started_at)
            from public.payouts payout
            join private.payout_attempts tried on tried.org_id = payout.org_id and tried.payout_id = payout.id
            where payout.status in ('sending', 'unknown')
        ),
        (select min(unbooked.transferred_at) from private.unbooked_transfers unbooked where unbooked.adopted_at is null)
    ) - interval '1 hour';
$$;

-- The ids of those of Stripe's transfers that bear a payout's id and are not booked as they are. What a worker is sending at this
-- moment is that worker's to record. Definer: the job has no access to the tables.
create function private.find_unbooked_transfers(p_transfers jsonb)
    returns table (stripe_transfer_id text)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select made.transfer ->> 'id'
    from jsonb_array_elements(p_transfers) made (transfer)
    cross join lateral (
        select
            made.transfer ->> 'id' as id,
            private.uuid_or_null(made.transfer -> 'metadata' ->> 'payout_id') as payout_id,
            (made.transfer ->> 'amount_reversed')::bigint as reversed_cents
    ) told
    left join public.payouts payout on payout.id = told.payout_id
    left join private.unbooked_transfers adopted on adopted.stripe_transfer_id = told.id and adopted.adopted_at is not null
    where told.payout_id is not null
        and (payout.stripe_transfer_id = told.id and payout.reversed_cents = told.reversed_cents) is not true
        and (adopted.reversed_cents = told.reversed_cents) is not true
        and (payout.status = 'sending' and payout.leased_until > private.clock()) is not true
    order by (made.transfer ->> 'created')::bigint, told.id;
$$;

-- Books a transfer that is not booked: the payout whose id it bears is paid by it. If that cannot be, the transfer is kept as one
-- that the books lack, and the note says why. Returns booked or unbooked. Definer: the job has no access to the tables.
create function private.book_transfer(p_transfer jsonb)
    returns table (outcome text, note text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    applied private.stripe_outcome := private.apply_transfer(p_transfer, to_timestamp((p_transfer ->> 'created')::bigint));
begin
    if applied.status = 'processed' then
        delete from private.unbooked_transfers unbooked
        where unbooked.stripe_transfer_id = p_transfer ->> 'id'
            and unbooked.adopted_at is null;
        return query values ('booked', null::text);
    else
        perform private.keep_unbooked_transfer(p_transfer, applied.note);
        return query values ('unbooked', applied.note);
    end if;
end;
$$;

-- Keeps a transfer that the books lack. Its payee is that of the payout whose id it bears, else the owner of the account that
-- was paid; its organization is the payee's, else the one that its metadata name, else the platform.
create function private.keep_unbooked_transfer(p_transfer jsonb, p_cause text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into private.unbooked_transfers as unbooked (
        org_id, stripe_transfer_id, payout_id, payee_id, instructor_id, currency, amount_cents, reversed_cents, destination, cause,
        transferred_at
    )
    select
        coalesce(known.org_id, payee.org_id, organization.id, private.platform_id()),
        p_transfer ->> 'id',
        told.payout_id,
        coalesce(payee.instructor_id, payee.org_id),
        payee.instructor_id,
        p_transfer ->> 'currency',
        (p_transfer ->> 'amount')::bigint,
        (p_transfer ->> 'amount_reversed')::bigint,
        told.destination,
        p_cause,
        to_timestamp((p_transfer ->> 'created')::bigint)
    from (
        select
            private.uuid_or_null(p_transfer -> 'metadata' ->> 'payout_id') as payout_id,
            private.uuid_or_null(p_transfer -> 'metadata' ->> 'org_id') as org_id,
            private.expandable_id(p_transfer -> 'destination') as destination
    ) told
    left join private.stripe_objects known on known.id = p_transfer ->> 'id' and known.table_name = 'unbooked_transfers'
    left join public.organizations organization on organization.id = told.org_id
    left join lateral (
        select payout.org_id, payout.instructor_id
        from public.payouts payout
        where payout.id = told.payout_id
        union all
        select account.org_id, account.instructor_id
        from public.stripe_connect_accounts account
        where account.id = (private.stripe_row('stripe_connect_accounts', told.destination)).row_id
        limit 1
    ) payee on true
    on conflict (stripe_transfer_id, org_id) do update
        set cause = excluded.cause,
            reversed_cents = excluded.reversed_cents
        where unbooked.adopted_at is null
            and (unbooked.cause, unbooked.reversed_cents) is distinct from (excluded.cause, excluded.reversed_cents);
$$;

-- The transfers because of which nothing of an organization may be sent: what they have paid might be paid again. One of a payout that
-- is paid is a second transfer, and one of a payout that is unknown stops that payout by itself.
create function private.refusing_transfers(p_org_id uuid)
    returns table (stripe_transfer_id text, amount_cents bigint, currency text, destination text, cause text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        unbooked.stripe_transfer_id, unbooked.amount_cents, unbooked.currency, unbooked.destination, unbooked.cause
    from private.unbooked_transfers unbooked
    left join public.payouts payout on payout.org_id = unbooked.org_id and payout.id = unbooked.payout_id
    where unbooked.org_id = p_org_id
        and unbooked.adopted_at is null
        and (payout.status in ('paid', 'reversed', 'sending', 'unknown')) is not true
    order by unbooked.transferred_at, unbooked.stripe_transfer_id;
$$;
