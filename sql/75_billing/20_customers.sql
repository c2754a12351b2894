-- Opens the customer of a person, and returns what the webhook service needs to create it at Stripe, if it has not been created yet. A
-- repeated call returns the same customer and key.
-- Definer: the service has no access to the tables.
create function private.open_customer(p_user_id uuid, p_livemode boolean)
    returns table (
        customer_id uuid,
        stripe_customer_id text,
        idempotency_key text,
        email text,
        name text,
        metadata jsonb
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if not exists (select from public.profiles profile where profile.id = p_user_id) then
        perform private.refuse('PT404', 'person_not_found', 'There is no person with that id.', 'Sign up again.');
    end if;
    perform set_config('lplate.acting_user', p_user_id::text, true);
    insert into public.stripe_customers (org_id, user_id, livemode)
    values (private.platform_id(), p_user_id, p_livemode)
    on conflict (org_id, user_id, livemode) where deleted_at is null do nothing;

    return query
    select
        customer.id,
        customer.stripe_customer_id,
        format('customer:%s', customer.id),
        profile.email,
        coalesce(profile.full_name, profile.display_name),
        jsonb_build_object('customer_id', customer.id)
    from public.stripe_customers customer
    join public.profiles profile on profile.id = customer.user_id
    where customer.user_id = p_user_id
        and customer.livemode = p_livemode
        and customer.deleted_at is null;
end;
$$;

-- Records Stripe's response to creating a customer, dated at its creation. Everything of the customer is known by its id from then on, so
-- the service records it before it uses it.
-- Definer: the service has no access to the tables.
create function private.record_customer(p_customer_id uuid, p_customer jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if private.uuid_or_null(p_customer -> 'metadata' ->> 'customer_id') is distinct from p_customer_id then
        perform private.refuse(
            'PT422', 'wrong_customer',
            'That customer belongs to another person.',
            'Record the customer that was created with this row''s metadata.'
        );
    end if;
    perform private.apply_customer(p_customer, to_timestamp((p_customer ->> 'created')::bigint), false, false);
end;
$$;

-- Applies a customer from a Stripe event or response. One that was deleted stays deleted, and who was erased before the customer's id was
-- known is deleted at Stripe now.
create function private.apply_customer(p_customer jsonb, p_occurred_at timestamptz, p_is_deleted boolean, p_is_fetched boolean)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    customer public.stripe_customers := private.find_customer(jsonb_build_object('customer', p_customer -> 'id') || p_customer);
begin
    if customer.id is null then
        return row('ignored', 'not_ours')::private.stripe_outcome;
    end if;
    if not private.is_news(p_customer, p_occurred_at, case when p_is_deleted then 1 else 0 end, p_is_fetched) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    update public.stripe_customers
    set default_stripe_payment_method_id = private.expandable_id(p_customer #> '{invoice_settings,default_payment_method}'),
        is_delinquent = coalesce((p_customer ->> 'delinquent')::boolean, false),
        deleted_at = case when p_is_deleted then coalesce(deleted_at, p_occurred_at) else deleted_at end
    where org_id = customer.org_id
        and id = customer.id;
    if p_is_deleted then
        delete from public.payment_methods where org_id = customer.org_id and customer_id = customer.id;
    elsif customer.user_id is null then
        perform private.send_customer_deletion(customer);
    end if;
    perform private.mark_default_payment_method(customer.org_id, customer.id);
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Returns the customer that an object of Stripe names, locked: by its id, or, while that is not recorded yet, by the metadata that we
-- gave it (and records the id). No customer if it is somebody else's on the same Stripe account.
create function private.find_customer(p_object jsonb)
    returns public.stripe_customers
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    stripe_id constant text := private.expandable_id(p_object -> 'customer');
    known constant private.stripe_objects := private.stripe_row('stripe_customers', stripe_id);
    customer public.stripe_customers;
begin
    update public.stripe_customers
    set stripe_customer_id = stripe_id
    where id = private.uuid_or_null(p_object -> 'metadata' ->> 'customer_id')
        and known.row_id is null
        and stripe_customer_id is null
    returning * into customer;
    if not found then
        select * into customer
        from public.stripe_customers
        where org_id = known.org_id
            and id = known.row_id
        for no key update;
    end if;
    return customer;
end;
$$;

-- Anonymises what a person has here, and has the customer deleted at Stripe, which ends the subscriptions as well. Amounts and dates stay.
-- erase_person calls it.
create function private.forget_customer(p_user_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    customer public.stripe_customers;
begin
    for customer in
        update public.stripe_customers
        set user_id = null,
            deleted_at = private.clock(),
            default_stripe_payment_method_id = null
        where user_id = p_user_id
            and deleted_at is null
        returning *
    loop
        perform private.send_customer_deletion(customer);
    end loop;
    delete from public.payment_methods where user_id = p_user_id;
    delete from public.setup_intents where user_id = p_user_id;
    update public.invoices
    set invoice_url = null,
        invoice_pdf = null
    where user_id = p_user_id;
end;
$$;

-- Has a customer deleted at Stripe, once its id is known.
create function private.send_customer_deletion(p_customer public.stripe_customers)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.enqueue_command(
        p_customer.org_id, 'delete_customer', format('customer:%s:delete', p_customer.id),
        jsonb_build_object('customer', p_customer.stripe_customer_id)
    )
    where p_customer.stripe_customer_id is not null;
end;
$$;
