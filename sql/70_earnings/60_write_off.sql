-- Writes off what a payee owes the platform and will not earn any more: the negative balance becomes zero, at the platform's cost;
-- platform admins only. The earning that makes up for it belongs to the instructor who owes the most.
-- Definer: no role may write earnings.
create function private.admin_write_off_balance(p_payee_id uuid, p_currency text, p_reason text)
    returns bigint
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    owed record;
    written_off public.earnings;
begin
    perform private.require_platform_admin(p_reason);
    perform
    from public.earnings earning
    where earning.payee_id = p_payee_id
        and earning.currency = p_currency
        and earning.status = 'available'
        and earning.payout_id is null
    order by earning.id
    for no key update;

    select
        part.org_id,
        -sum(part.cents)::bigint as cents,
        (array_agg(part.instructor_id order by part.cents, part.instructor_id))[1] as instructor_id
    into owed
    from (
        select earning.org_id, earning.instructor_id, sum(earning.amount_cents) as cents
        from public.earnings earning
        where earning.payee_id = p_payee_id
            and earning.currency = p_currency
            and earning.status = 'available'
            and earning.payout_id is null
        group by earning.org_id, earning.instructor_id
    ) part
    group by part.org_id
    having sum(part.cents) < 0;
    if not found then
        perform private.refuse(
            'PT409', 'balance_not_negative',
            'This payee owes nothing in that currency.',
            'Check the payee''s id and the currency; what is still pending becomes available first.'
        );
    end if;

    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, currency, amount_cents, available_at, status
    )
    values (
        owed.org_id, owed.instructor_id, p_payee_id, 'write_off', p_currency, owed.cents, private.clock(), 'available'
    )
    returning * into written_off;
    perform private.post_transaction(
        written_off.org_id, 'balance_written_off', 'earning', written_off.id, format('earning:%s:written_off', written_off.id),
        p_currency, private.clock(),
        array[
            row('write_offs', null, written_off.amount_cents),
            row('payee_payable', p_payee_id, -written_off.amount_cents)
        ]::private.posting[]
    );
    return written_off.amount_cents;
end;
$$;
