-- The saved card that a person wants to pay an order with, as Stripe knows it. The order's payment is opened as for any card.
-- Definer: the service has no access to the tables.
create function private.open_saved_card(p_user_id uuid, p_payment_method_id uuid)
    returns table (stripe_customer_id text, stripe_payment_method_id text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    method constant public.payment_methods := private.require_payment_method(p_user_id, p_payment_method_id);
begin
    return query
    select customer.stripe_customer_id, method.stripe_payment_method_id
    from public.stripe_customers customer
    where customer.org_id = method.org_id
        and customer.id = method.customer_id;
end;
$$;

-- What whoever pays has to do next, by the PaymentIntent: pay (give a card), authenticate (at their bank, with the client secret, on this
-- order's deadline), another_card, wait, start_again, or none. A charge in the customer's absence that their bank wants them for ends
-- declined at Stripe, and is still theirs to authenticate.
create function private.next_payment_step(p_payment_intent jsonb)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_payment_intent ->> 'status' in ('succeeded', 'requires_capture') then 'none'
        when p_payment_intent ->> 'status' = 'processing' then 'wait'
        when p_payment_intent ->> 'status' = 'requires_action' then 'authenticate'
        when p_payment_intent ->> 'status' = 'canceled' then 'start_again'
        when p_payment_intent #>> '{last_payment_error,code}' = 'authentication_required' then 'authenticate'
        when p_payment_intent #> '{last_payment_error,code}' is not null then 'another_card'
        else 'pay'
    end;
$$;
