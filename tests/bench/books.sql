-- Gives every payment of a database its money, on the first 28 days of the month books.month, in the order of their charges: what Stripe
-- lists goes to stripe_side.listed, what the ledger says is posted by the ledger's own functions. One sale of 25 is refunded a day later;
-- instructors are paid every week what they have earned, and the platform takes a part of what is left to its bank. Run by the superuser,
-- with triggers and foreign keys off where rows are written that nothing follows from here.

create temporary table sale as
select
    payment.*,
    (row_number() over (order by payment.stripe_charge_id) - 1) * 28 / count(*) over () as day,
    row_number() over (order by payment.stripe_charge_id) % 25 = 0 as is_refunded,
    14 * payment.amount_cents / 1000 + 20 as stripe_fee_cents
from public.payments payment;

create index on sale (day);
analyze sale;

create schema stripe_side;
create table stripe_side.listed (
    position bigint generated always as identity primary key,
    id text not null unique,
    category text not null,
    source text not null,
    amount_cents bigint not null,
    fee_cents bigint not null,
    at timestamptz not null
);

set session_replication_role = replica;

update public.payments paid
set refunded_cents = paid.amount_cents,
    processing_fee_cents = sale.stripe_fee_cents
from sale
where paid.id = sale.id
    and sale.is_refunded;

insert into public.refunds (id, org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, stripe_refund_id)
select id, org_id, id, learner_id, instructor_id, currency, amount_cents, 'A test.', 'succeeded', 're_' || substr(stripe_charge_id, 4)
from sale
where is_refunded;

insert into public.payouts (
    id, org_id, run_id, payee_id, instructor_id, connect_account_id, currency, amount_cents, status, payout_date, stripe_transfer_id, paid_at
)
select
    md5('payout ' || week || instructor_id)::uuid, org_id, md5('run ' || week)::uuid, instructor_id, instructor_id, instructor_id, 'gbp',
    sum(share_cents), 'paid', current_setting('books.month')::date + 7 * week + 6, 'tr_' || week || '_' || instructor_id,
    current_setting('books.month')::timestamptz + make_interval(days => 7 * week + 6, hours => 12)
from (select sale.*, sale.day::integer / 7 as week from sale where not is_refunded) earned
group by week, org_id, instructor_id;

set session_replication_role = origin;

create temporary table payment_out as
select payout.*, (payout.payout_date - current_setting('books.month')::date) as day
from public.payouts payout;

do $$
declare
    at timestamptz;
    today integer;
begin
    for today in 0 .. 28 loop
        at := current_setting('books.month')::timestamptz + make_interval(days => today, hours => 10);
        perform private.post_batch('payment_succeeded', 'payment', at, array_agg(
            row(org_id, id, format('payment:%s:succeeded', id), currency, line.kind, line.owner_id, line.cents)::private.keyed_posting
        ))
        from sale
        cross join lateral (
            values
                ('stripe_balance'::private.ledger_account_kind, null::uuid, sale.amount_cents),
                ('instructor_pending', sale.instructor_id, -sale.share_cents),
                ('platform_fees', null, -sale.fee_cents)
        ) line (kind, owner_id, cents)
        where day = today;

        perform private.post_batch('processing_fee', 'payment', at, array_agg(
            row(org_id, id, format('payment:%s:processing_fee:txn_%s', id, id), currency, line.kind, null, line.cents)::private.keyed_posting
        ))
        from sale
        cross join lateral (
            values
                ('processor_fees'::private.ledger_account_kind, sale.stripe_fee_cents),
                ('stripe_balance', -sale.stripe_fee_cents)
        ) line (kind, cents)
        where day = today;

        if today < 2 then
            analyze private.ledger_accounts, private.ledger_transactions, private.ledger_entries;
        end if;
        insert into stripe_side.listed (id, category, source, amount_cents, fee_cents, at)
        select 'txn_' || id, 'charge', stripe_charge_id, amount_cents, stripe_fee_cents, at from sale where day = today;

        perform private.post_batch('refund_succeeded', 'refund', at, array_agg(
            row(org_id, id, format('refund:%s:succeeded', id), currency, line.kind, line.owner_id, line.cents)::private.keyed_posting
        ))
        from sale
        cross join lateral (
            values
                ('stripe_balance'::private.ledger_account_kind, null::uuid, -sale.amount_cents),
                ('instructor_pending', sale.instructor_id, sale.share_cents),
                ('platform_fees', null, sale.fee_cents)
        ) line (kind, owner_id, cents)
        where is_refunded and day = today - 1;

        insert into stripe_side.listed (id, category, source, amount_cents, fee_cents, at)
        select 'txn_re_' || id, 'refund', 're_' || substr(stripe_charge_id, 4), -amount_cents, 0, at from sale where is_refunded and day = today - 1;

        perform private.post_batch('payout_paid', 'payout', at, array_agg(
            row(org_id, id, format('payout:%s:paid', id), currency, line.kind, line.owner_id, line.cents)::private.keyed_posting
        ))
        from payment_out
        cross join lateral (
            values
                ('instructor_pending'::private.ledger_account_kind, payment_out.payee_id, payment_out.amount_cents),
                ('stripe_balance', null, -payment_out.amount_cents)
        ) line (kind, owner_id, cents)
        where day = today;

        insert into stripe_side.listed (id, category, source, amount_cents, fee_cents, at)
        select 'txn_' || stripe_transfer_id, 'transfer', stripe_transfer_id, -amount_cents, 0, at from payment_out where day = today;
    end loop;

    perform private.apply_platform_payout(
        '{"id": "po_1", "amount": 1000, "currency": "gbp", "status": "paid"}', at
    );
    insert into stripe_side.listed (id, category, source, amount_cents, fee_cents, at) values ('txn_po_1', 'payout', 'po_1', -1000, 0, at);
end;
$$;
