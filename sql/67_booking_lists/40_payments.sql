-- One page of what the caller has paid or tried to pay, or what was paid for learners in their care, the latest first, with a line for each
-- lesson or purchase of hours: what a receipt says. Definer: payers may not read the school's row.
create function private.my_payments(p_limit integer, p_after_created_at timestamptz, p_after_id uuid)
    returns table (
        id uuid,
        created_at timestamptz,
        organization_name text,
        instructor_name text,
        learner_name text,
        description text,
        status public.payment_status,
        currency text,
        amount_cents bigint,
        captured_cents bigint,
        refunded_cents bigint,
        lines jsonb
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    family_ids constant uuid[] := private.my_family_ids();
begin
    return query
    with page as (
        select payment.org_id, payment.id as paid_id, payment.created_at as paid_at
        from public.payments payment
        where (payment.payer_id = person or payment.learner_id = any (family_ids))
            and (p_after_created_at is null or (payment.created_at, payment.id) < (p_after_created_at, p_after_id))
        union all
        select outside.org_id, outside.id, outside.created_at
        from public.outside_payments outside
        where outside.learner_id = any (family_ids)
            and (p_after_created_at is null or (outside.created_at, outside.id) < (p_after_created_at, p_after_id))
        order by paid_at desc, paid_id desc
        limit private.page_size(p_limit)
    )

    select receipt.*
    from page
    cross join lateral (
        select paid.* from private.receipt_of_payment(page.org_id, page.paid_id) paid
        union all
        select paid.* from private.receipt_of_outside_payment(page.org_id, page.paid_id) paid
    ) receipt
    order by page.paid_at desc, page.paid_id desc;
end;
$$;

-- What a payment is for, as JSON: a line for each lesson (its id, title and time) or purchase of hours; they sum to its amount.
create function private.receipt_lines(p_payment public.payments)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        jsonb_agg(
            jsonb_build_object(
                'booking_id', booking.id,
                'credit_id', item.credit_id,
                'title', service.title,
                'start_at', booking.start_at,
                'minutes', item.minutes,
                'amount_cents', part.amount_cents
            )
            order by booking.start_at, part.item_id
        ),
        '[]'
    )
    from public.payment_items part
    join public.order_items item on item.org_id = part.org_id and item.id = part.item_id
    left join public.bookings booking on booking.org_id = part.org_id and booking.id = part.booking_id
    left join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
    where part.org_id = p_payment.org_id
        and part.payment_id = p_payment.id;
$$;

-- A payment as my_payments shows it.
create function private.receipt_of_payment(p_org_id uuid, p_payment_id uuid)
    returns table (
        id uuid, created_at timestamptz, organization_name text, instructor_name text, learner_name text, description text,
        status public.payment_status, currency text, amount_cents bigint, captured_cents bigint, refunded_cents bigint, lines jsonb
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        payment.id, payment.created_at, organization.name, instructor.display_name, learner.full_name, payment.description,
        payment.status, payment.currency, payment.amount_cents, payment.captured_cents, payment.refunded_cents,
        private.receipt_lines(payment)
    from public.payments payment
    join public.organizations organization on organization.id = payment.org_id
    join public.instructors instructor on instructor.org_id = payment.org_id and instructor.id = payment.instructor_id
    join public.learners learner on learner.org_id = payment.org_id and learner.id = payment.learner_id
    where payment.org_id = p_org_id
        and payment.id = p_payment_id;
$$;

-- What was paid outside, as my_payments shows it: nothing was captured. What its instructor gives back is not ours to say.
create function private.receipt_of_outside_payment(p_org_id uuid, p_outside_payment_id uuid)
    returns table (
        id uuid, created_at timestamptz, organization_name text, instructor_name text, learner_name text, description text,
        status public.payment_status, currency text, amount_cents bigint, captured_cents bigint, refunded_cents bigint, lines jsonb
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        paid.id, paid.created_at, organization.name, instructor.display_name, learner.full_name,
        format(
            '%s (%s)', service.title,
            case paid.method when 'cash' then 'paid in cash' when 'bank_transfer' then 'paid by bank transfer' else 'paid outside' end
        ),
        'succeeded'::public.payment_status, paid.currency, paid.amount_cents, 0::bigint, 0::bigint,
        jsonb_build_array(
            jsonb_build_object(
                'booking_id', booking.id,
                'credit_id', null,
                'title', service.title,
                'start_at', booking.start_at,
                'minutes', item.minutes,
                'amount_cents', paid.amount_cents
            )
        )
    from public.outside_payments paid
    join public.order_items item on item.org_id = paid.org_id and item.id = paid.item_id
    join public.bookings booking on booking.org_id = item.org_id and booking.id = item.booking_id
    join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
    join public.organizations organization on organization.id = paid.org_id
    join public.instructors instructor on instructor.org_id = paid.org_id and instructor.id = paid.instructor_id
    join public.learners learner on learner.org_id = paid.org_id and learner.id = paid.learner_id
    where paid.org_id = p_org_id
        and paid.id = p_outside_payment_id;
$$;
