-- Moves unused hours to another instructor of the organization: refunds minutes of a lot, all of them if p_minutes is null, and orders as
-- many with the other instructor, in one step. Both doors are what they are alone: the refund is at the price that was paid and goes back to
-- whoever paid, the new hours are sold at today's price and validity, and are to be paid within a day. Minutes that are reserved for lessons
-- stay. What makes no quarter of an hour, or no whole lesson of the service, is refunded only. The same key again is the same transfer.
-- Definer: credits are written only through functions.
create function private.transfer_hours(
    p_credit_id uuid,
    p_instructor_id uuid,
    p_minutes integer,
    p_service_id uuid,
    p_client_key text
)
    returns table (
        refund_id uuid, refunded_minutes integer, refund_cents bigint, credit_id uuid, minutes integer, amount_cents bigint,
        currency text, hold_expires_at timestamptz
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    lot public.learner_credits;
    bought public.learner_credits;
begin
    perform private.require_person();
    perform private.lock_orders(array(select item.order_id from public.order_items item where item.credit_id = p_credit_id));
    select * into lot from public.learner_credits where id = p_credit_id;
    perform private.lock_learner(lot.learner_id);

    select made.refund_id, made.minutes, made.amount_cents into refund_id, refunded_minutes, refund_cents
    from private.refund_credits(
        p_credit_id, p_minutes, 'The hours were moved to another instructor.', p_client_key
    ) made;
    perform private.assert_is_a_colleague(lot, p_instructor_id);
    bought := private.buy_credits(
        p_instructor_id, private.whole_minutes(refunded_minutes, p_service_id) / 60.0, p_service_id, lot.learner_id, null, p_client_key
    );

    credit_id := bought.id;
    minutes := bought.minutes_purchased;
    amount_cents := bought.total_cents;
    currency := bought.currency;
    hold_expires_at := bought.hold_expires_at;
    return next;
end;
$$;

-- Refuses an instructor of another organization, and the lot's own.
create function private.assert_is_a_colleague(p_credit public.learner_credits, p_instructor_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_instructor_id = p_credit.instructor_id
        or not exists (
            select
            from public.instructors colleague
            where colleague.org_id = p_credit.org_id
                and colleague.id = p_instructor_id
        )
    then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'The hours can be moved to another instructor of the same organization.',
            'Choose one, or refund the hours and buy others.'
        );
    end if;
end;
$$;

-- As many of these minutes as are sold: whole quarters of an hour, or whole lessons of a service.
create function private.whole_minutes(p_minutes integer, p_service_id uuid)
    returns integer
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_minutes - p_minutes % coalesce((select service.duration_minutes from public.services service where service.id = p_service_id), 15);
$$;
