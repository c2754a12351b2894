-- No role may write a row of money, not even one column of it.
-- plant: grant update (status) on public.payments to authenticated
-- plant: grant insert on private.ledger_entries to jobs
-- plant: grant delete on public.payouts to service_role
-- plant: grant update on public.earnings to webhook_service
-- plant: grant truncate on private.ledger_transactions to public
with money as (
    select unnest(
        '{
            public.orders, public.order_items, public.payments, public.payment_items, public.refunds,
            public.outside_payments, public.instructor_fee_plans, public.earnings, public.payout_runs, public.payout_run_results, public.payouts, public.payout_items,
            public.stripe_connect_accounts, private.payout_attempts, private.ledger_accounts,
            private.ledger_transactions, private.ledger_entries, private.return_items
        }'::regclass[]
    ) as id
)

select format('%s on %s', granted.privilege_type, granted.name)
from (
    select
        money.id as name,
        (aclexplode(class.relacl)).*
    from money
    join pg_class class on class.oid = money.id
    union all
    select
        money.id,
        (aclexplode(attribute.attacl)).*
    from money
    join pg_attribute attribute on attribute.attrelid = money.id
) granted
where granted.grantee <> 'postgres'::regrole
    and granted.privilege_type <> 'SELECT';
