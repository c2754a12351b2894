create function public.admin_resolve_suspense(
    p_suspense_item_id uuid,
    p_resolution text,
    p_reason text,
    p_payment_id uuid default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_resolve_suspense(p_suspense_item_id, p_resolution, p_reason, p_payment_id);

comment on function public.admin_resolve_suspense is
    'Decides what becomes of money that matches nothing: payment (with p_payment_id: it pays for that open payment of the same amount, at '
    'the next jobs maintain), refunded_elsewhere (from the platform''s bank account) or written_off. Money that is refunded in Stripe''s '
    'Dashboard needs no decision. Platform admins only. Errors: not_an_admin, reason_required, suspense_not_found, bad_resolution, '
    'payment_not_found, payment_differs.';
