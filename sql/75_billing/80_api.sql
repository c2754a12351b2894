create function public.set_default_payment_method(p_payment_method_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_default_payment_method(p_payment_method_id);

comment on function public.set_default_payment_method is
    'Makes a saved card of the caller''s the one that invoices are paid with, those of live subscriptions too; payment_methods.is_default '
    'follows within seconds. '
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

create function public.admin_set_instructor_fee(
    p_org_id uuid,
    p_amount_cents bigint,
    p_reason text,
    p_period public.instructor_fee_period default 'month'
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_set_instructor_fee(p_org_id, p_amount_cents, p_period, p_reason);

comment on function public.admin_set_instructor_fee is
    'Charges each active, verified instructor of an organization a fee by the week (from Monday) or month, in advance, in the organization''s '
    'currency: an earning below zero, deducted from the next payout. It begins with the first period after the one that is charged already; '
    'null ends it then. Returns the id in instructor_fee_plans. For platform admins. Errors: not_an_admin, '
    'second_factor_required, reason_required, organization_not_found, value_missing, and the rules of public.instructor_fee_plans.';
