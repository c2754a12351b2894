-- Changes the settings that are the school's own; null leaves one as it is. What is booked or paid keeps what it was made
-- with. Definer: a setting is money, so nobody updates organizations directly.
create function private.update_organization(
    p_org_id uuid,
    p_name text,
    p_tax_id text,
    p_time_zone text,
    p_currency text,
    p_payout_weekday integer,
    p_minimum_payout_cents bigint,
    p_checkout_hold_minutes integer,
    p_max_open_holds integer,
    p_labels jsonb,
    p_credit_validity_months integer
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    broken_rule text;
begin
    perform private.require_org_admin(p_org_id);

    update public.organizations
    set name = coalesce(trim(p_name), name),
        tax_id = coalesce(p_tax_id, tax_id),
        time_zone = coalesce(p_time_zone, time_zone),
        currency = private.require_currency(coalesce(p_currency, currency)),
        payout_weekday = coalesce(p_payout_weekday, payout_weekday),
        minimum_payout_cents = coalesce(p_minimum_payout_cents, minimum_payout_cents),
        checkout_hold_minutes = coalesce(p_checkout_hold_minutes, checkout_hold_minutes),
        max_open_holds = coalesce(p_max_open_holds, max_open_holds),
        labels = coalesce(p_labels, labels),
        credit_validity_months = nullif(coalesce(p_credit_validity_months, credit_validity_months), 0)
    where id = p_org_id;
exception
    when check_violation or numeric_value_out_of_range then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;
