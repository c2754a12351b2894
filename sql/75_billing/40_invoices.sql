-- Applies an invoice from a Stripe event or fetch; the preview of an upcoming one, which has no id, is none. Its subscription is named in
-- its parent, and its period by its lines: what the invoice itself calls its period lies in the past.
create function private.apply_invoice(p_invoice jsonb, p_occurred_at timestamptz, p_is_deleted boolean, p_is_fetched boolean)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.invoice_status := coalesce(p_invoice ->> 'status', 'draft');
    customer public.stripe_customers := private.find_customer(
        p_invoice || jsonb_build_object('metadata', p_invoice #> '{parent,subscription_details,metadata}')
    );
    invoice public.invoices;
begin
    if customer.id is null or p_invoice ->> 'id' is null then
        return row('ignored', 'not_ours')::private.stripe_outcome;
    end if;
    if not private.is_news(
        p_invoice, p_occurred_at,
        case when p_is_deleted then 9999999
            else array_position(enum_range(null::public.invoice_status), new_status) * 1000 + (p_invoice ->> 'attempt_count')::integer end,
        p_is_fetched
    ) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;
    if p_is_deleted then
        delete from public.invoices where org_id = customer.org_id and stripe_invoice_id = p_invoice ->> 'id';
        return row('processed', null)::private.stripe_outcome;
    end if;
    invoice := private.write_invoice(customer, p_invoice, new_status);
    perform private.post_paid_outside(invoice, coalesce((p_invoice ->> 'amount_paid_off_stripe')::bigint, 0), p_occurred_at);
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Writes what Stripe says of a customer's invoice into its row, and returns it.
create function private.write_invoice(p_customer public.stripe_customers, p_invoice jsonb, p_status public.invoice_status)
    returns public.invoices
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    stripe_subscription constant text := private.expandable_id(p_invoice #> '{parent,subscription_details,subscription}');
    moments constant jsonb := p_invoice -> 'status_transitions';
    written public.invoices;
begin
    insert into public.invoices (
        org_id, customer_id, user_id, subscription_id, stripe_invoice_id, stripe_subscription_id, number, status, billing_reason, currency,
        total_cents, amount_due_cents, amount_paid_cents, amount_remaining_cents, overpaid_cents, attempt_count, next_payment_attempt_at,
        invoice_url, invoice_pdf, period_start, period_end, due_at, finalized_at, paid_at, voided_at
    )
    select
        p_customer.org_id, p_customer.id, p_customer.user_id,
        (
            select subscription.id
            from public.subscriptions subscription
            where subscription.org_id = p_customer.org_id
                and subscription.stripe_subscription_id = stripe_subscription
        ),
        p_invoice ->> 'id', stripe_subscription, p_invoice ->> 'number', p_status, p_invoice ->> 'billing_reason', p_invoice ->> 'currency',
        (p_invoice ->> 'total')::bigint, (p_invoice ->> 'amount_due')::bigint, (p_invoice ->> 'amount_paid')::bigint,
        (p_invoice ->> 'amount_remaining')::bigint, coalesce((p_invoice ->> 'amount_overpaid')::bigint, 0),
        (p_invoice ->> 'attempt_count')::integer, to_timestamp((p_invoice ->> 'next_payment_attempt')::bigint),
        case when p_customer.user_id is not null then p_invoice ->> 'hosted_invoice_url' end,
        case when p_customer.user_id is not null then p_invoice ->> 'invoice_pdf' end, lines.starts_at, lines.ends_at,
        to_timestamp((p_invoice ->> 'due_date')::bigint), to_timestamp((moments ->> 'finalized_at')::bigint),
        to_timestamp((moments ->> 'paid_at')::bigint), to_timestamp((moments ->> 'voided_at')::bigint)
    from (
        select
            to_timestamp(min((line #>> '{period,start}')::bigint)) as starts_at,
            to_timestamp(max((line #>> '{period,end}')::bigint)) as ends_at
        from jsonb_array_elements(p_invoice #> '{lines,data}') line
    ) lines
    on conflict (org_id, stripe_invoice_id) do update
        set subscription_id = excluded.subscription_id,
            stripe_subscription_id = excluded.stripe_subscription_id,
            number = excluded.number,
            status = excluded.status,
            billing_reason = excluded.billing_reason,
            total_cents = excluded.total_cents,
            amount_due_cents = excluded.amount_due_cents,
            amount_paid_cents = excluded.amount_paid_cents,
            amount_remaining_cents = excluded.amount_remaining_cents,
            overpaid_cents = excluded.overpaid_cents,
            attempt_count = excluded.attempt_count,
            next_payment_attempt_at = excluded.next_payment_attempt_at,
            invoice_url = excluded.invoice_url,
            invoice_pdf = excluded.invoice_pdf,
            period_start = excluded.period_start,
            period_end = excluded.period_end,
            due_at = excluded.due_at,
            finalized_at = excluded.finalized_at,
            paid_at = excluded.paid_at,
            voided_at = excluded.voided_at
    returning * into written;
    return written;
end;
$$;

-- Posts what more, or less, of an invoice has been paid outside Stripe since it was last told of.
create function private.post_paid_outside(p_invoice public.invoices, p_cents bigint, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_cents = p_invoice.paid_outside_cents then
        return;
    end if;
    perform private.post_transaction(
        p_invoice.org_id, 'invoice_paid_outside', 'invoice', p_invoice.id,
        format('invoice:%s:outside:%s:%s:%s', p_invoice.id, extract(epoch from p_occurred_at), p_invoice.paid_outside_cents, p_cents),
        p_invoice.currency, p_occurred_at,
        array[
            row('platform_bank', null, p_cents - p_invoice.paid_outside_cents),
            row('subscription_revenue', null, p_invoice.paid_outside_cents - p_cents)
        ]::private.posting[]
    );
    update public.invoices
    set paid_outside_cents = p_cents
    where org_id = p_invoice.org_id
        and id = p_invoice.id;
end;
$$;

-- Notes what stood in the way of an invoice's payment, by the type of the event: Stripe's invoice itself does not say. The latest counts.
create function private.note_invoice_problem(p_stripe_invoice_id text, p_problem text, p_occurred_at timestamptz)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.invoices
    set last_problem = p_problem,
        last_problem_at = p_occurred_at
    where org_id = private.platform_id()
        and stripe_invoice_id = p_stripe_invoice_id
        and (p_occurred_at, p_problem) > (coalesce(last_problem_at, '-infinity'), coalesce(last_problem, ''));
$$;
