"""Crowds of instructors who are due to be paid, made in a few statements."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from tests.factories import MARKETPLACE
from tools.cluster import Cluster

AMOUNT_CENTS = 4500

PEOPLE = """
    insert into public.instructors (
        org_id, display_name, hourly_rate_cents, currency, time_zone, verification_status
    )
    select %(org)s, 'Instructor ' || number, 4500, 'gbp', 'Europe/London', 'verified'
    from generate_series(1, %(count)s) number
"""
ACCOUNTS = """
    insert into public.stripe_connect_accounts (
        org_id, instructor_id, stripe_account_id, status, details_submitted, transfers_enabled,
        payouts_enabled, country
    )
    select org_id, id, account_id, 'ready', true, true, true, 'GB'
    from (
        select org_id, id, row_number() over (order by id) as number
        from public.instructors
    ) instructor
    join unnest(%(accounts)s::text[]) with ordinality account (account_id, number) using (number)
"""
EARNINGS = """
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, currency, amount_cents, available_at
    )
    select org_id, id, id, 'adjustment', 'gbp', %(amount)s, private.clock() - interval '30 days'
    from public.instructors
"""
# No learner has paid for what is owed, so the money comes from the platform's bank.
LEDGER_ACCOUNTS = """
    insert into private.ledger_accounts (org_id, kind, owner_id, currency, balance_cents)
    select org_id, 'instructor_pending', id, 'gbp', 0
    from public.instructors
"""
BOOKS = """
    select private.post_batch(
        'crowd', 'instructor', private.clock(),
        array_agg(
            row(org_id, id, 'crowd:' || id, 'gbp', line.kind, line.owner_id, line.cents)
                ::private.keyed_posting
        )
    )
    from public.instructors
    cross join lateral (
        values
            ('stripe_balance'::private.ledger_account_kind, null::uuid, %(amount)s),
            ('platform_bank', null, -%(amount)s)
    ) line (kind, owner_id, cents)
"""


def crowd(
    cluster: Cluster, template: str, name: str, count: int, accounts: Sequence[str] = ()
) -> None:
    """Makes a database in which `count` instructors have one earning each, payable on any day.

    `accounts` are their accounts at Stripe; without any, they are made up.
    """
    values = {
        "org": MARKETPLACE,
        "count": count,
        "amount": AMOUNT_CENTS,
        "accounts": list(accounts) or [f"acct_{number}" for number in range(count)],
    }
    cluster.create_database(name, template)
    with psycopg.connect(cluster.admin_url(name), autocommit=True) as connection:
        connection.execute("set work_mem = '256MB'")
        for statement in (PEOPLE, ACCOUNTS, EARNINGS, LEDGER_ACCOUNTS, BOOKS):
            connection.execute(sql.SQL(statement), values)
        connection.execute("vacuum analyze")
