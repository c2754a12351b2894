-- Changes a lot's minutes, with the part of the price that belongs to them: nothing else does. The update locks the lot, and a
-- check on it rules out that a minute is used twice. Posts nothing: 48_orders says what follows for the ledger.
create function private.add_credit_entry(
    p_part private.credit_part,
    p_kind public.credit_entry_kind,
    p_booking_id uuid default null,
    p_refund_id uuid default null,
    p_dispute_id uuid default null
)
    returns public.credit_entries
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    entry public.credit_entries;
    -- What is added to the minutes reserved, used and refunded.
    effect constant integer[] := case p_kind
        when 'reserve' then '{1,0,0}'
        when 'restore' then '{-1,0,0}'
        when 'consume' then '{-1,1,0}'
        when 'give_back' then '{0,-1,0}'
        when 'refund' then '{0,0,1}'
        when 'dispute' then '{0,0,1}'
        when 'dispute_reversed' then '{0,0,-1}'
        when 'refund_failed' then '{0,0,-1}'
        when 'expire' then '{0,1,0}'
        else '{0,0,0}'
    end;
begin
    update public.learner_credits
    set minutes_reserved = minutes_reserved + effect[1] * p_part.minutes,
        minutes_used = minutes_used + effect[2] * p_part.minutes,
        minutes_refunded = minutes_refunded + effect[3] * p_part.minutes
    where id = p_part.credit_id
        and p_kind <> 'purchase';

    insert into public.credit_entries (
        org_id, credit_id, learner_id, instructor_id, kind, minutes, share_cents, fee_cents, discount_cents,
        booking_id, refund_id, dispute_id
    )
    select
        credit.org_id, credit.id, credit.learner_id, credit.instructor_id, p_kind,
        p_part.minutes, p_part.share_cents, p_part.fee_cents, p_part.discount_cents,
        p_booking_id, p_refund_id, p_dispute_id
    from public.learner_credits credit
    where credit.id = p_part.credit_id
    returning * into entry;
    return entry;
end;
$$;

-- A lot keeps its parties, its minutes and its price from the moment it is made.
-- Definer: the writer may have no access to private.
create function private.forbid_credit_repricing()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if row(
        new.id, new.org_id, new.learner_id, new.instructor_id, new.service_id, new.currency, new.minutes_purchased,
        new.price_cents, new.discount_cents, new.platform_fee_cents, new.instructor_share_cents, new.total_cents,
        new.fee_mode, new.fee_bps, new.is_fee_refundable, new.expires_forfeited
    ) is distinct from row(
        old.id, old.org_id, old.learner_id, old.instructor_id, old.service_id, old.currency, old.minutes_purchased,
        old.price_cents, old.discount_cents, old.platform_fee_cents, old.instructor_share_cents, old.total_cents,
        old.fee_mode, old.fee_bps, old.is_fee_refundable, old.expires_forfeited
    ) then
        perform private.refuse(
            'PT409', 'credit_is_frozen',
            'Prepaid minutes keep their parties and their price.',
            'Refund these minutes, and buy others.'
        );
    end if;
    return new;
end;
$$;

create trigger forbid_credit_repricing
    before update on public.learner_credits
    for each row execute function private.forbid_credit_repricing();
