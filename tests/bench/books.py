"""A month of money in the ledger and at Stripe, made in few statements, and its comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import stripe
from psycopg import sql
from psycopg.rows import dict_row

from jobs.database import Database
from jobs.output import Row, Step
from jobs.reconciliation import Reconciliation
from jobs.stripe_calls import Lease
from tests.factories import MARKETPLACE
from tools.cluster import run_file

# Twenty sales an instructor. Nothing but the payments: bookings and orders are not compared. Ids of
# charges begin with the time, as Stripe's do; ours are random.
SALES = """
    insert into public.payments (
        id, org_id, order_id, learner_id, instructor_id, currency, list_cents, discount_cents,
        fee_cents, share_cents, amount_cents, minutes, is_accepted, status, captured_cents,
        stripe_payment_intent_id, stripe_charge_id
    )
    select
        id, %(org)s, id, id, md5('instructor ' || number %% (%(count)s / 20))::uuid, 'gbp', 4500, 0,
        810, 4500, 5310, 60, true, 'succeeded', 5310, 'pi_3' || position, 'ch_3' || position
    from (
        select
            number, md5('sale ' || number)::uuid as id, to_char(number, 'FM0000000000') as position
        from generate_series(1, %(count)s) number
    ) sold
"""


def sell(connection: psycopg.Connection[Any], count: int) -> None:
    """Makes so many payments, and nothing else."""
    connection.execute("set session_replication_role = replica")
    connection.execute(sql.SQL(SALES), {"org": MARKETPLACE, "count": count})
    connection.execute("set session_replication_role = origin")


def keep_books(connection: psycopg.Connection[Any], month: date) -> None:
    """Gives every payment its money in a month, in the ledger and at Stripe."""
    connection.execute("set timezone = 'UTC'")
    connection.execute("set work_mem = '256MB'")
    connection.execute("select set_config('books.month', %s, false)", [month.isoformat()])
    run_file(connection, Path(__file__).with_name("books.sql"))
    connection.execute("vacuum analyze")


class Account:
    """Stripe's side: what stripe_side.listed holds, page by page, newest first."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.v1 = self
        self.balance = self
        self.balance_transactions = self

    def retrieve(self) -> stripe.StripeObject:
        row = self.connection.execute(
            "select coalesce(sum(amount_cents - fee_cents), 0)::bigint from stripe_side.listed"
        ).fetchone()
        assert row
        held = [{"currency": "gbp", "amount": row[0]}]
        return _answer({"object": "balance", "available": held, "pending": []})

    def list(self, parameters: dict[str, Any]) -> stripe.StripeObject:
        after = parameters.get("starting_after")
        since = parameters.get("created", {}).get("gte", 0)
        with self.connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(
                "select * from stripe_side.listed where position < coalesce("
                " (select position from stripe_side.listed where id = %s), 9223372036854775807)"
                " and at >= %s order by position desc limit %s",
                [after, datetime.fromtimestamp(since, UTC), parameters["limit"] + 1],
            ).fetchall()
        page = rows[: parameters["limit"]]
        return _answer(
            {"object": "list", "has_more": len(rows) > len(page), "data": [_told(r) for r in page]}
        )


def _told(row: dict[str, Any]) -> dict[str, Any]:
    moment = int(row["at"].timestamp())
    return {
        "object": "balance_transaction",
        "id": row["id"],
        "type": row["category"],
        "reporting_category": row["category"],
        "source": {"id": row["source"], "object": row["category"]},
        "balance_type": "payments",
        "currency": "gbp",
        "amount": row["amount_cents"],
        "fee": row["fee_cents"],
        "net": row["amount_cents"] - row["fee_cents"],
        "fee_details": [],
        "exchange_rate": None,
        "created": moment,
        "available_on": moment,
    }


def _answer(fields: dict[str, Any]) -> stripe.StripeObject:
    return stripe.StripeObject.construct_from(fields, None)


class AtOnce:
    """Calls Stripe without a pace: there is no Stripe."""

    def make(self, lease: Lease, request: Callable[[], Any]) -> Any:
        return request()


@dataclass
class Told:
    """What the job reports."""

    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def event(self, name: str, **fields: object) -> None:
        self.events.append((name, fields))

    error = event

    def table(self, name: str, rows: Sequence[Row]) -> None:
        self.events += [(name, dict(row)) for row in rows]

    def progress(self, name: str, total: int) -> AbstractContextManager[Step]:
        return nullcontext(lambda: None)

    def of(self, name: str) -> list[dict[str, object]]:
        return [fields for told, fields in self.events if told == name]


def reconcile(
    url: str, account: Account, until: date, at_end: Callable[[], None] = lambda: None
) -> tuple[bool, Told]:
    """Runs the job on a database; whether all is explained, and what it reports.

    `at_end` is called before the job leaves the database.
    """
    told = Told()
    client: Any = account
    calls: Any = AtOnce()
    with Database(url, login="jobs", size=1, timeout=60) as database:
        is_explained = Reconciliation(database, client, calls, told).run(until)
        at_end()
        return is_explained, told
