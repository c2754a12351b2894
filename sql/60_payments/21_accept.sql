-- Confirms the lessons or activates the lot that a payment pays for; returns whether any of them is available. The payment of an
-- all-or-nothing series confirms all of its lessons or none. An authorization is accepted when it is made, not when it is captured.
create function private.accept_payment(p_payment public.payments)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    part public.payment_items;
    accepted_count integer := 0;
    refused_count integer := 0;
begin
    if p_payment.is_accepted then
        return true;
    end if;
    begin
        for part in
            select paid.*
            from public.payment_items paid
            left join public.bookings booking on booking.org_id = paid.org_id and booking.id = paid.booking_id
            where paid.org_id = p_payment.org_id
                and paid.payment_id = p_payment.id
            order by booking.start_at, paid.item_id
        loop
            if private.accept_item(part) then
                accepted_count := accepted_count + 1;
            else
                refused_count := refused_count + 1;
            end if;
        end loop;
        if least(accepted_count, refused_count) > 0 and exists (
            select
            from public.orders ordered
            where ordered.org_id = p_payment.org_id
                and ordered.id = p_payment.order_id
                and ordered.is_all_or_nothing
        ) then
            raise exception using errcode = 'LP001';
        end if;
    exception
        when sqlstate 'LP001' then
            perform private.cancel_refused_lessons(p_payment);
            return false;
    end;

    if accepted_count > 0 then
        update public.payments set is_accepted = true where org_id = p_payment.org_id and id = p_payment.id and status = 'authorized';
    end if;
    return accepted_count > 0;
end;
$$;

-- Confirms the booking or activates the lot of one item; false if it is no longer available.
create function private.accept_item(p_part public.payment_items)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_part.booking_id is not null then
        return private.confirm_paid_booking(p_part.booking_id);
    end if;
    return private.activate_credit(item.credit_id)
    from public.order_items item
    where item.org_id = p_part.org_id
        and item.id = p_part.item_id;
end;
$$;

-- Cancels the held lessons of an all-or-nothing series of which one is no longer available.
create function private.cancel_refused_lessons(p_payment public.payments)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.bookings
    set status = 'cancelled',
        cancelled_by = 'system',
        cancelled_at = private.clock(),
        cancellation_reason = 'A time of the series was no longer available when it was paid.'
    where org_id = p_payment.org_id
        and order_id = p_payment.order_id
        and status in ('held', 'requested');
$$;

-- Makes the minutes of a paid credit lot usable. Returns false if the lot was paid before.
create function private.activate_credit(p_credit_id uuid)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
begin
    update public.learner_credits lot
    set status = 'active',
        hold_expires_at = null,
        activated_at = private.clock(),
        expires_at = private.clock() + make_interval(months => organization.credit_validity_months)
    from public.organizations organization
    where lot.id = p_credit_id
        and organization.id = lot.org_id
        and lot.status in ('pending', 'cancelled')
    returning lot.* into credit;
    if not found then
        return false;
    end if;

    perform private.add_credit_entry(private.credit_part_between(credit, 0, credit.minutes_purchased), 'purchase');
    perform private.finish_redemption(item.order_id, 'redeemed')
    from public.order_items item
    where item.credit_id = credit.id;
    return true;
end;
$$;
