-- Makes the earnings payable whose hold has ended by the cutoff and whose money Stripe has made available, and returns how
-- many. Null means every organization.
create function private.release_earnings(p_org_id uuid, p_cutoff_at timestamptz)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    postings private.keyed_posting[];
begin
    with released as (
        update public.earnings earning
        set status = 'available'
        where earning.id = any (
            array(
                select waiting.id
                from public.earnings waiting
                where waiting.status = 'pending'
                    and waiting.id in (select cleared.id from private.cleared_earnings(p_org_id, p_cutoff_at) cleared)
                order by waiting.id
                for no key update
            )
        )
        returning earning.id, earning.instructor_id, earning.payee_id, earning.currency, earning.amount_cents
    )

    select array_agg(
        row(
            released.id, format('earning:%s:available', released.id), released.currency,
            line.account_kind, line.owner_id, line.amount_cents
        )::private.keyed_posting
    )
    into postings
    from released
    cross join lateral (
        values
            ('instructor_pending'::private.ledger_account_kind, released.instructor_id, released.amount_cents),
            ('payee_payable', released.payee_id, -released.amount_cents)
    ) line (account_kind, owner_id, amount_cents);

    return private.post_batch('earning_available', 'earning', p_cutoff_at, postings);
end;
$$;
