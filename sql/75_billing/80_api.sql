create function public.set_default_payment_method(p_payment_method_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_default_payment_method(p_payment_method_id);

comment on function public.set_default_payment_method is
    'Makes a saved card of the caller''s the one that invoices are paid with; payment_methods.is_default follows within seconds. '
    'Errors: payment_method_not_found.';

create function public.remove_payment_method(p_payment_method_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.remove_payment_method(p_payment_method_id);

comment on function public.remove_payment_method is
    'Removes a saved card of the caller''s for ever; its row goes within seconds. Errors: payment_method_not_found.';
