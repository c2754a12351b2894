-- Applies a saved card from a Stripe event or fetch: attached, renewed by the bank (automatically_updated), or detached. Stripe does not
-- say whose a detached one was, and it can never be used again: its row goes, and later news of its past find that it has gone.
create function private.apply_payment_method(p_method jsonb, p_occurred_at timestamptz, p_is_fetched boolean)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    is_detached constant boolean := private.expandable_id(p_method -> 'customer') is null;
    customer public.stripe_customers := private.find_customer(p_method - 'metadata');
begin
    if customer.id is null and not is_detached then
        return row('ignored', 'not_ours')::private.stripe_outcome;
    end if;
    if not private.is_news(p_method, p_occurred_at, is_detached::integer, p_is_fetched) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;
    if is_detached then
        delete from public.payment_methods
        where org_id = private.platform_id()
            and stripe_payment_method_id = p_method ->> 'id';
        return row('processed', null)::private.stripe_outcome;
    end if;
    if customer.deleted_at is not null then
        return row('processed', 'customer_deleted')::private.stripe_outcome;
    end if;

    insert into public.payment_methods (
        org_id, customer_id, user_id, stripe_payment_method_id, type, brand, funding, last4, expiry_month, expiry_year
    )
    select
        customer.org_id, customer.id, customer.user_id, p_method ->> 'id', p_method ->> 'type', details.value ->> 'brand',
        details.value ->> 'funding', details.value ->> 'last4', (details.value ->> 'exp_month')::integer, (details.value ->> 'exp_year')::integer
    from (select p_method -> (p_method ->> 'type') as value) details
    on conflict (org_id, stripe_payment_method_id) do update
        set type = excluded.type,
            brand = excluded.brand,
            funding = excluded.funding,
            last4 = excluded.last4,
            expiry_month = excluded.expiry_month,
            expiry_year = excluded.expiry_year;
    perform private.mark_default_payment_method(customer.org_id, customer.id);
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Marks the payment method that Stripe says is the customer's default, whichever of the two came first.
create function private.mark_default_payment_method(p_org_id uuid, p_customer_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    default_id constant text := (
        select customer.default_stripe_payment_method_id
        from public.stripe_customers customer
        where customer.org_id = p_org_id
            and customer.id = p_customer_id
    );
begin
    update public.payment_methods
    set is_default = false
    where org_id = p_org_id
        and customer_id = p_customer_id
        and is_default
        and stripe_payment_method_id is distinct from default_id;
    update public.payment_methods
    set is_default = true
    where org_id = p_org_id
        and customer_id = p_customer_id
        and not is_default
        and stripe_payment_method_id = default_id;
end;
$$;

-- Has a saved card of the caller's made the one that invoices are paid with, also those of live subscriptions, which keep the card with
-- which they began otherwise. Definer: nobody writes billing directly.
create function private.set_default_payment_method(p_payment_method_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    method constant public.payment_methods := private.require_payment_method(private.require_person(), p_payment_method_id);
begin
    perform private.send_default_payment_method(
        customer, method.stripe_payment_method_id,
        array(
            select live.stripe_subscription_id
            from public.subscriptions live
            where live.org_id = customer.org_id
                and live.customer_id = customer.id
                and live.is_live
            order by live.stripe_subscription_id
        )
    )
    from public.stripe_customers customer
    where customer.org_id = method.org_id
        and customer.id = method.customer_id;
end;
$$;

-- Has Stripe use this payment method for the customer's invoices, and for those of these subscriptions. A choice that still waits gives
-- way to the new one, so that nobody keeps the outbox busy by choosing again and again.
create function private.send_default_payment_method(
    p_customer public.stripe_customers,
    p_stripe_payment_method_id text,
    p_stripe_subscription_ids text[]
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    choice constant jsonb := jsonb_build_object(
        'customer', p_customer.stripe_customer_id,
        'payment_method', p_stripe_payment_method_id,
        'subscriptions', p_stripe_subscription_ids
    );
    customer_subject constant text := format('customer:%s', p_customer.id);
begin
    update private.outbox
    set payload = choice
    where subject = customer_subject
        and topic = 'set_default_payment_method'
        and processed_at is null
        and dead_at is null
        and leased_by is null;
    if not found then
        perform private.enqueue_command(
            p_customer.org_id, 'set_default_payment_method',
            format('customer:%s:default:%s:%s', p_customer.id, p_stripe_payment_method_id, extract(epoch from private.clock())),
            choice, customer_subject
        );
    end if;
end;
$$;

-- Has a saved card of the caller's removed at Stripe; the row goes once Stripe has. Definer: nobody writes billing directly.
create function private.remove_payment_method(p_payment_method_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    method constant public.payment_methods := private.require_payment_method(private.require_person(), p_payment_method_id);
begin
    perform private.enqueue_command(
        method.org_id, 'detach_payment_method', format('payment_method:%s:detach', method.id),
        jsonb_build_object('payment_method', method.stripe_payment_method_id),
        format('customer:%s', method.customer_id)
    );
end;
$$;

-- Returns a saved card of a person that can be used, or refuses: also one of somebody else's, with the same words.
create function private.require_payment_method(p_user_id uuid, p_payment_method_id uuid)
    returns public.payment_methods
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    method public.payment_methods;
begin
    select * into method
    from public.payment_methods
    where id = p_payment_method_id
        and user_id = p_user_id;
    if not found then
        perform private.refuse(
            'PT404', 'payment_method_not_found',
            'You have no such saved card.',
            'Read payment_methods, or save a card with POST /setup-intents.'
        );
    end if;
    return method;
end;
$$;
