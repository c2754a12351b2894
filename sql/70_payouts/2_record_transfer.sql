-- Takes the transfer that Stripe made, or that a look-up found, for a payout, and returns the payout's status: paid, or
-- reversed if all of it has come back since.
-- Definer: the jobs have no access to the tables.
create function private.record_transfer(p_payout_id uuid, p_attempt integer, p_transfer jsonb)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    outcome private.stripe_outcome;
begin
    if private.uuid_or_null(p_transfer -> 'metadata' ->> 'payout_id') is distinct from p_payout_id then
        perform private.refuse(
            'PT422', 'wrong_transfer',
            'That transfer belongs to another payout.',
            'Record the transfer that was made with this payout''s metadata.'
        );
    end if;

    outcome := private.apply_transfer(p_transfer, private.clock());
    if outcome.status <> 'processed' then
        perform private.refuse(
            'PT409', outcome.note,
            format('Attempt %s of this payout cannot take that transfer.', p_attempt),
            'Compare the payout, its attempts and the transfer in Stripe before anything else is sent.'
        );
    end if;
    return (select payout.status from public.payouts payout where payout.id = p_payout_id);
end;
$$;
