create function public.set_default_payment_method(p_payment_method_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_default_payment_method(p_payment_method_id);

comment on function public.set_default_payment_method is
    'Makes a saved card of the caller''s the one that invoices are paid with; payment_methods.is_default follows within seconds. '
    'Errors: sign_in_required, payment_method_not_found.';

create function public.remove_payment_method(p_payment_method_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.remove_payment_method(p_payment_method_id);

comment on function public.remove_payment_method is
    'Removes a saved card of the caller''s for ever; its row goes within seconds. Errors: sign_in_required, payment_method_not_found.';

create function public.has_entitlement(p_feature text)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
return p_feature = any (private.my_features());

comment on function public.has_entitlement is
    'Whether a subscription of the caller''s gives a feature now, in the days of grace of an unpaid period too. In a policy: '
    '(select public.has_entitlement(''reports'')), so that it is asked once a statement.';
