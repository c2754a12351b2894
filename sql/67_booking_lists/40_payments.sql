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
    select
        payment.id, payment.created_at, organization.name, instructor.display_name, learner.full_name, payment.description,
        payment.status, payment.currency, payment.amount_cents, payment.captured_cents, payment.refunded_cents,
        private.receipt_lines(payment)
    from public.payments payment
    join public.organizations organization on organization.id = payment.org_id
    join public.instructors instructor on instructor.org_id = payment.org_id and instructor.id = payment.instructor_id
    join public.learners learner on learner.org_id = payment.org_id and learner.id = payment.learner_id
    where (payment.payer_id = person or payment.learner_id = any (family_ids))
        and (p_after_created_at is null or (payment.created_at, payment.id) < (p_after_created_at, p_after_id))
    order by payment.created_at desc, payment.id desc
    limit private.page_size(p_limit);
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
