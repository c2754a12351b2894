-- Hands an event of billing to the function that applies its object. 85_webhooks calls it for the types that are of billing.
create function private.apply_billing_event(p_type text, p_object jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    outcome private.stripe_outcome := private.apply_billing_object(
        p_object, p_occurred_at, p_type in ('customer.deleted', 'product.deleted', 'price.deleted', 'invoice.deleted'), false
    );
begin
    if p_type in ('invoice.payment_failed', 'invoice.payment_action_required', 'invoice.finalization_failed') then
        perform private.note_invoice_problem(p_object ->> 'id', split_part(p_type, '.', 2), p_occurred_at);
    end if;
    return outcome;
end;
$$;

-- Whether events of this type are about billing.
create function private.is_of_billing(p_type text)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_type ~ '^(customer|product|price)\.(created|updated|deleted)$'
        or p_type ~ '^(customer\.subscription|payment_method|setup_intent|invoice|invoice_payment)\.\w+$';
$$;

-- Applies an object by its kind.
create function private.apply_billing_object(p_object jsonb, p_occurred_at timestamptz, p_is_deleted boolean, p_is_fetched boolean)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case p_object ->> 'object'
        when 'customer' then private.apply_customer(p_object, p_occurred_at, p_is_deleted, p_is_fetched)
        when 'payment_method' then private.apply_payment_method(p_object, p_occurred_at, p_is_fetched)
        when 'setup_intent' then private.apply_setup_intent(p_object, p_occurred_at, p_is_fetched)
        when 'product' then private.apply_product(p_object, p_occurred_at, p_is_deleted, p_is_fetched)
        when 'price' then private.apply_price(p_object, p_occurred_at, p_is_deleted, p_is_fetched)
        when 'subscription' then private.apply_subscription(p_object, p_occurred_at, p_is_fetched)
        when 'invoice' then private.apply_invoice(p_object, p_occurred_at, p_is_deleted, p_is_fetched)
        when 'invoice_payment' then private.apply_invoice_payment(p_object, p_occurred_at, p_is_fetched)
        else row('ignored', null)::private.stripe_outcome
    end;
end;
$$;

-- Records an object that the jobs have fetched to settle what its news of one second have left open, p_settles_at.
-- Definer: the jobs have no access to the tables.
create function private.record_billing_object(p_object jsonb, p_settles_at timestamptz)
    returns void
    language sql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
    select private.apply_billing_object(p_object, p_settles_at, coalesce((p_object ->> 'deleted')::boolean, false), true);
$$;
